import { describe, expect, it } from 'vitest';
import { readWireDecision } from './decision-schema.ts';

const decision = {
  id: 7,
  origin: 'crowdsec',
  scenario: 'crowdsecurity/ssh-bf',
  scope: 'Ip',
  type: 'ban',
  value: '192.0.2.1',
  duration: '3h59m',
};

describe('readWireDecision', () => {
  it('reads what it knows, and drops the rest', () => {
    expect(readWireDecision({ ...decision, uuid: 'x', simulated: false })).toEqual(decision);
  });

  it.each(Object.keys(decision))('takes none whose %s is missing or of another type', (field) => {
    for (const other of [undefined, null, true, [], {}, field === 'id' ? '7' : 7, 1.5, NaN, 2 ** 53]) {
      expect(readWireDecision({ ...decision, [field]: other }), JSON.stringify(other)).toBeUndefined();
    }
    const without = Object.fromEntries(Object.entries(decision).filter(([name]) => name !== field));
    expect(readWireDecision(without)).toBeUndefined();
  });

  it.each([undefined, null, 7, 'ban', [], [decision]])('takes %j for no decision', (element) => {
    expect(readWireDecision(element)).toBeUndefined();
  });
});
