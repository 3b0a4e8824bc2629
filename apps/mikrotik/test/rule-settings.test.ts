import { listBy } from '@bouncer/testkit';
import type { RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import type { RouterSettings } from '../src/router-settings.ts';
import { apply, calm, targetFor } from './fixture.ts';
import { COMMENT, bench } from './rule-bench.ts';

const MANAGE = { manageRules: true };

describe('rules as the settings ask for them', () => {
  const wanted = (more: Partial<RouterSettings>) => ({ ...MANAGE, families: [4 as const], ...more });

  function ours(router: RouterOsSandbox): string[] {
    return router.rules().flatMap(({ table, settings }) => {
      if (!settings['comment']?.startsWith('crowdsec-bouncer')) return [];
      const untold = ['comment', 'log', 'disabled'];
      const said = Object.entries(settings).filter(([name, value]) => value !== '' && !untold.includes(name));
      return [[table, ...said.map(([name, value]) => `${name}=${value}`)].join(' ')];
    });
  }

  it('stand in the table filter, in both chains, log, and reject', async () => {
    const rules = { ruleTable: 'filter', ruleAction: 'reject', ruleLogPrefix: 'crowdsec ' } as const;
    const { router, target } = await bench(wanted(rules));
    await apply(target, {});
    const rule = 'action=reject log-prefix=crowdsec  src-address-list=crowdsec in-interface-list=WAN';
    expect(ours(router).map((text) => text.split(' ').sort().join(' '))).toEqual(
      ['input', 'forward'].map((chain) => `filter chain=${chain} ${rule}`.split(' ').sort().join(' ')),
    );
    router.counters.reset();
    await target.verify((await listBy(target, calm)).held, calm);
    expect(router.counters.writes).toBe(0);
  });

  it('also stop what goes from the LAN to a listed host', async () => {
    const { router, target } = await bench(wanted({ ruleOutgoing: true }));
    await apply(target, {});
    expect(ours(router).map((text) => /(?:src|dst)-address-list/.exec(text)?.[0])).toEqual([
      'src-address-list',
      'dst-address-list',
    ]);
    expect(ours(router)[1]).not.toContain('in-interface-list');
  });

  it('stand right behind the rule with the comment that was named, and come back there', async () => {
    const { router, target } = await bench(wanted({ ruleAfter: 'admins first' }));
    const accept = { table: 'raw', chain: 'prerouting', action: 'accept' } as const;
    router.setRule({ ...accept, comment: 'admins first' });
    router.setRule({ ...accept, comment: 'everybody' });
    await apply(target, {});
    const order = () => router.rules().map(({ settings }) => settings['comment']);
    expect(order()).toEqual(['admins first', COMMENT, 'everybody']);
    router.moveRule(router.rules()[1]!);
    await target.verify((await listBy(target, calm)).held, calm);
    expect(order()).toEqual(['admins first', COMMENT, 'everybody']);
  });

  it('of earlier settings go, in the other table as well, and purge takes all of them', async () => {
    const { router, target } = await bench(wanted({}));
    await apply(target, {});
    await target.close();
    const later = targetFor(router, new ManualClock(), wanted({ ruleTable: 'filter' }));
    await later.open(calm);
    await listBy(later, calm);
    await apply(later, {});
    expect(router.rules().map(({ table }) => table)).toEqual(['filter', 'filter']);
    await later.purge(calm);
    expect(router.rules()).toEqual([]);
    await later.close();
  });

  it('stand behind the row that the router makes for fasttrack', async () => {
    const { router, target } = await bench(wanted({}));
    router.setRule({ table: 'filter', chain: 'forward', action: 'fasttrack-connection' });
    router.setRule({ table: 'raw', chain: 'prerouting', action: 'accept', comment: 'everybody' });
    await apply(target, {});
    const raw = router.rules().filter(({ table }) => table === 'raw');
    expect(raw.map(({ settings }) => settings['comment'])).toEqual([
      'special dummy rule to show fasttrack counters',
      COMMENT,
      'everybody',
    ]);
  });
});
