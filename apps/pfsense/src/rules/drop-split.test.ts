import { describe, expect, it } from 'vitest';
import { countRules, DropSplit } from './drop-split.ts';
import type { Count } from './drop-split.ts';

const count = (packets: number): Count => ({ packets, bytes: packets * 60 });
const look = (table: number, four: number, six: number) => ({
  table: count(table),
  rules: { 4: count(four), 6: count(six) },
});
const unknown = (): undefined => undefined;

describe('what a pf table has blocked, by family', () => {
  it('is told by the rules, as much as the table says', () => {
    const split = new DropSplit();
    split.note(look(10, 7, 3), unknown);
    split.note(look(20, 14, 6), unknown);
    expect(split.counters()).toEqual([
      { family: 4, ...count(14) },
      { family: 6, ...count(6) },
    ]);
  });

  it('has no family for what was counted by rules that are gone, unless the table holds one family alone', () => {
    const split = new DropSplit();
    split.note(look(100, 0, 0), unknown);
    split.note(look(110, 4, 1), () => 6);
    expect(split.counters()).toEqual([count(100), { family: 4, ...count(4) }, { family: 6, ...count(6) }]);
  });

  it('begins anew with a device that does', () => {
    const split = new DropSplit();
    split.note(look(50, 50, 0), unknown);
    split.note(look(5, 0, 5), unknown);
    expect(split.counters()).toEqual([
      { family: 4, ...count(50) },
      { family: 6, ...count(5) },
    ]);
  });

  it('never adds up to more than the table', () => {
    const split = new DropSplit();
    split.note(look(9, 7, 5), unknown);
    expect(split.counters().reduce((sum, { packets }) => sum + packets, 0)).toBe(9);
  });
});

it('counts block rules that use the table, and no others', () => {
  const rules = [
    ['block drop in quick on em0 inet from <crowdsec> to any', count(1)],
    ['@12 block drop in quick on em0 inet6 from <crowdsec:3> to any label "x"', count(2)],
    ['block return out quick on em0 inet from any to <crowdsec>', count(4)],
    ['block drop in quick on em0 inet from ! <crowdsec> to any', count(8)],
    ['block drop in quick on em0 inet from <crowdsec6> to any', count(16)],
    ['pass in quick on em0 inet from <crowdsec> to any', count(32)],
    ['block drop in quick from <crowdsec> to any', count(64)],
  ] as const;
  expect(countRules(rules, 'crowdsec')).toEqual({ 4: count(5), 6: count(2) });
});
