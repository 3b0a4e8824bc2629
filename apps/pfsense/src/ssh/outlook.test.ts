import { silentLogger } from '@bouncer/target';
import { expect, it } from 'vitest';
import type { FirewallSettings } from './firewall-settings.ts';
import { Outlook } from './outlook.ts';

it('connections that could not be ended are told until a later ban ends its own', () => {
  const outlook = new Outlook({ file: true } as FirewallSettings, silentLogger);
  expect(outlook.concerns()).toEqual([]);
  outlook.statesGoOn = true;
  expect(outlook.concerns()).toMatchObject([
    { level: 'warn', seen: expect.stringContaining('open connections') as string },
  ]);
  outlook.statesGoOn = false;
  expect(outlook.concerns()).toEqual([]);
});
