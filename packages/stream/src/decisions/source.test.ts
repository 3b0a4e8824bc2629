import { describe, expect, it } from 'vitest';
import { Sources, originRank } from './source.ts';

describe('sources', () => {
  it('rank local detection first and the community list last; strangers stand with the lists', () => {
    const origins = ['CAPI', 'lists', 'console', 'cscli-import', 'cscli', 'crowdsec'];
    expect(origins.toSorted((a, b) => originRank(a) - originRank(b))).toEqual(origins.toReversed());
    expect(originRank('something new')).toBe(originRank('lists'));
  });

  it('are shared between decisions with the same texts', () => {
    const sources = new Sources();
    expect(sources.of('lists', 'a')).toBe(sources.of('lists', 'a'));
    expect(sources.of('lists', 'a')).not.toBe(sources.of('lists', 'b'));
    expect(sources.of('CAPI', 'a')).not.toBe(sources.of('lists', 'a'));
  });

  it('count each list by its name, and each family by itself', () => {
    const sources = new Sources();
    sources.count(sources.of('lists', 'firehol'), 4, 1);
    sources.count(sources.of('CAPI', 'ssh'), 4, 1);
    sources.count(sources.of('CAPI', 'http'), 4, 1);
    sources.count(sources.of('CAPI', 'http'), 6, 1);
    sources.count(sources.of('cscli', 'x'), 6, 1);
    sources.count(sources.of('cscli', 'x'), 6, -1);
    expect(sources.counts()).toEqual([
      { origin: 'lists:firehol', family: 4, count: 1 },
      { origin: 'CAPI', family: 4, count: 2 },
      { origin: 'CAPI', family: 6, count: 1 },
    ]);
  });

  it('tell the scenarios that block the most, whatever their origin', () => {
    const sources = new Sources();
    for (const [origin, scenario, count] of [
      ['CAPI', 'ssh', 3],
      ['crowdsec', 'ssh', 2],
      ['CAPI', 'http', 4],
      ['cscli', 'by hand', 1],
    ] as const) {
      sources.count(sources.of(origin, scenario), 4, count);
    }
    sources.count(sources.of('lists', 'gone'), 4, 1);
    sources.count(sources.of('lists', 'gone'), 4, -1);
    expect(sources.topScenarios(2)).toEqual([
      { scenario: 'ssh', count: 5 },
      { scenario: 'http', count: 4 },
    ]);
    expect(sources.topScenarios(9)).toHaveLength(3);
  });

  it('stay few, whatever texts come, and lose no count', () => {
    const sources = new Sources();
    const all = Array.from({ length: 30_000 }, (_, index) => sources.of('lists', `list ${index}`));
    for (const source of all) sources.count(source, 4, 1);
    const counts = sources.counts();
    expect(counts.length).toBeLessThanOrEqual(201);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
    expect(counts.find(({ origin }) => origin === 'other')?.count).toBeGreaterThan(29_000);
    for (const source of all) sources.count(source, 4, -1);
    expect(sources.counts()).toEqual([]);
  });

  it('cut texts that no LAPI column holds', () => {
    const source = new Sources().of('x'.repeat(1000), '\u{1f600}'.repeat(1000));
    expect(source.origin).toHaveLength(255);
    expect(source.scenario.length).toBeLessThanOrEqual(256);
  });
});
