import { DecisionSet, parseNetwork } from '@bouncer/stream';
import { expect, it } from 'vitest';
import { decisionIdIn } from './decision-id.ts';

const network = parseNetwork('203.0.113.7')!;

it('names the decision that the set shows, and none once it is gone', () => {
  const set = new DecisionSet();
  const idOf = decisionIdIn(() => set);
  expect(idOf(network, 'ssh-bf')).toBeUndefined();
  set.add(network, 7, 500, 'CAPI', 'ssh-bf');
  set.add(network, 9, 100, 'crowdsec', 'ssh-bf');
  set.add(network, 8, 300, 'crowdsec', 'ssh-bf');
  set.add(network, 3, 900, 'crowdsec', 'http-probing');
  expect(set.get(network)?.scenario).toBe('http-probing');
  expect([idOf(network, 'http-probing'), idOf(network, 'ssh-bf'), idOf(network, 'other')]).toEqual([3, 8, undefined]);
  for (const id of [3, 8]) set.delete(network, id);
  expect([idOf(network, 'http-probing'), idOf(network, 'ssh-bf')]).toEqual([undefined, 9]);
});
