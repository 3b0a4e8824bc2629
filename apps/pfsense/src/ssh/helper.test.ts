import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { helperCommand, helperScript, restrictedKeyLine } from './helper.ts';

it.each([true, false])('fits between single quotes of any login shell, on one line (file: %s)', (file) => {
  const script = helperScript({ alias: 'crowdsec_blacklists', file });
  expect(script).not.toMatch(/['!\n]/);
  execFileSync('/bin/sh', ['-n', '-c', script]);
});

it('is one option of authorized_keys, every quote in it escaped', () => {
  const line = restrictedKeyLine({ alias: 'a', file: true }, 'ssh-ed25519 AAAA');
  const [, command = ''] = /^restrict,command="((?:\\"|[^"])*)" ssh-ed25519 AAAA$/.exec(line) ?? [];
  expect(command.replaceAll('\\"', '"')).toBe(
    helperCommand({ alias: 'a', file: true }, false, 'probe').replace(/ probe$/, ''),
  );
});
