import { describe, expect, it } from 'vitest';
import { Provenances, originRank } from './provenance.ts';

describe('provenances', () => {
  it('rank local detection first and the community list last; strangers stand with the lists', () => {
    const origins = ['CAPI', 'lists', 'console', 'cscli-import', 'cscli', 'crowdsec'];
    expect(origins.toSorted((a, b) => originRank(a) - originRank(b))).toEqual(origins.toReversed());
    expect(originRank('something new')).toBe(originRank('lists'));
  });

  it('are shared between decisions with the same texts', () => {
    const provenances = new Provenances();
    expect(provenances.of('lists', 'a')).toBe(provenances.of('lists', 'a'));
    expect(provenances.of('lists', 'a')).not.toBe(provenances.of('lists', 'b'));
    expect(provenances.of('CAPI', 'a')).not.toBe(provenances.of('lists', 'a'));
  });

  it('count each list by its name, and each family by itself', () => {
    const provenances = new Provenances();
    provenances.count(provenances.of('lists', 'firehol'), 4, 1);
    provenances.count(provenances.of('CAPI', 'ssh'), 4, 1);
    provenances.count(provenances.of('CAPI', 'http'), 4, 1);
    provenances.count(provenances.of('CAPI', 'http'), 6, 1);
    provenances.count(provenances.of('cscli', 'x'), 6, 1);
    provenances.count(provenances.of('cscli', 'x'), 6, -1);
    expect(provenances.counts()).toEqual([
      { origin: 'lists:firehol', family: 4, count: 1 },
      { origin: 'CAPI', family: 4, count: 2 },
      { origin: 'CAPI', family: 6, count: 1 },
    ]);
  });

  it('tell the scenarios that block the most, whatever their origin', () => {
    const provenances = new Provenances();
    for (const [origin, scenario, count] of [
      ['CAPI', 'ssh', 3],
      ['crowdsec', 'ssh', 2],
      ['CAPI', 'http', 4],
      ['cscli', 'by hand', 1],
    ] as const) {
      provenances.count(provenances.of(origin, scenario), 4, count);
    }
    provenances.count(provenances.of('lists', 'gone'), 4, 1);
    provenances.count(provenances.of('lists', 'gone'), 4, -1);
    expect(provenances.topScenarios(2)).toEqual([
      { scenario: 'ssh', count: 5 },
      { scenario: 'http', count: 4 },
    ]);
    expect(provenances.topScenarios(9)).toHaveLength(3);
  });

  it('stay few, whatever texts come, and lose no count', () => {
    const provenances = new Provenances();
    const all = Array.from({ length: 30_000 }, (_, index) => provenances.of('lists', `list ${index}`));
    for (const provenance of all) provenances.count(provenance, 4, 1);
    const counts = provenances.counts();
    expect(counts.length).toBeLessThanOrEqual(201);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
    expect(counts.find(({ origin }) => origin === 'other')?.count).toBeGreaterThan(29_000);
    for (const provenance of all) provenances.count(provenance, 4, -1);
    expect(provenances.counts()).toEqual([]);
  });

  it('cut texts that no LAPI column holds', () => {
    const provenance = new Provenances().of('x'.repeat(1000), '\u{1f600}'.repeat(1000));
    expect(provenance.origin).toHaveLength(255);
    expect(provenance.scenario.length).toBeLessThanOrEqual(256);
  });
});
