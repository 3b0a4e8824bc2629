import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardsBefore } from './forwards.ts';
import { parseRules } from './pf-rule.ts';
import { walk } from './walk.ts';

const ALIAS = 'crowdsec';
const OURS = ['inet', 'inet6'].map(
  (one) => `block drop in quick on em0 ${one} from <crowdsec> to any label "USER_RULE: CrowdSec"`,
);
/** Rules that neither stop all nor let all in. */
const HARMLESS = [
  'scrub on em0 inet all fragment reassemble',
  'anchor "openvpn/*" all',
  'block drop in log inet all label "Default deny rule IPv4"',
  'block drop in log quick on em0 from <bogons> to any',
  'pass out inet all flags S/SA keep state',
  'pass in quick on em1 inet from any to any flags S/SA keep state label "USER_RULE: LAN"',
  'pass in quick on em0 inet from 192.168.0.0/16 to any keep state',
  'pass in quick on em0 inet6 proto ipv6-icmp from any to any icmp6-type echoreq keep state',
  'pass in quick on em0 proto udp from any port = bootps to any port = bootpc keep state',
  'match in on em0 inet all scrub (no-df)',
];
const end = (lines: readonly string[], family: 4 | 6 = 4) =>
  walk(parseRules(lines.join('\n')), { alias: ALIAS, family, interfaces: ['em0', 'WANS'] });

describe('a packet of a banned address that comes in on WAN', () => {
  it('ends at our rule, whatever harmless rules stand around it, and as in rules.debug', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...HARMLESS)), fc.array(fc.constantFrom(...HARMLESS)), (before, after) => {
        const rules = [...before, ...OURS, ...after];
        expect([end(rules).end, end(rules, 6).end, end(rules).exceptions]).toEqual(['ours', 'ours', []]);
        const debug = ['WAN = "{ em0 }"', 'crowdsec = "<crowdsec>"', ...rules];
        const written = debug.map((line) =>
          line.replace('on em0', 'on $WAN').replace('from <crowdsec>', 'from $crowdsec'),
        );
        expect([end(written).end, end(written, 6).end]).toEqual(['ours', 'ours']);
      }),
    );
  });

  it.each([
    ['one port', 'proto tcp from <crowdsec> to any port = ssh', /port = ssh|tcp only/],
    ['one protocol', 'proto udp from <crowdsec> to any', /udp only/],
    ['one destination', 'from <crowdsec> to 192.0.2.7', /192\.0\.2\.7 only/],
    ['all but one destination', 'from <crowdsec> to ! 192.0.2.7', /all but/],
    ['the list negated', 'from ! <crowdsec> to any', /negated/],
    ['source and destination swapped', 'from any to <crowdsec>', /swapped/],
    ['a tag', 'from <crowdsec> to any tagged x', /tagged x/],
  ])('is not stopped by a rule with %s, which is named with why', (_, words, why) => {
    const { end: how, rule } = end(
      ['inet', 'inet6'].map((one) => `block drop in quick on em0 ${one} ${words} label "USER_RULE: Mine"`),
    );
    expect([how, rule]).toEqual(['narrowed', expect.stringMatching(why)]);
    expect(rule).toContain('"Mine"');
  });

  it.each([
    ['on LAN', 'block drop in quick on em1 from <crowdsec> to any', /is for em1/],
    ['on everything but WAN', 'block drop in quick on ! em0 from <crowdsec> to any', /all interfaces but em0/],
    ['for what goes out', 'block drop out quick on em0 from <crowdsec> to any', /goes out/],
    ['that passes', 'pass in quick on em0 from <crowdsec> to any flags S/SA keep state', /pass rule/],
    ['that matches', 'match in on em0 from <crowdsec> to any', /match rule/],
  ])('is not stopped by a rule %s', (_, rule, why) => {
    expect(end([rule])).toMatchObject({ end: 'narrowed', rule: expect.stringMatching(why) as string });
  });

  it.each([
    'block drop in quick from <crowdsec> to any',
    'block return in log quick on em0 all from <crowdsec:120> to any',
    'block drop quick on WANS from <crowdsec> to any',
    'block drop in quick on em0 route-to (em0 203.0.113.1) from <crowdsec> to any',
    '@12 block drop in quick on { em0 em2 } from { <crowdsec> <other> } to any',
  ])('ends at %s', (rule) => {
    expect([end([rule]).end, end([rule], 6).end]).toEqual(['ours', 'ours']);
  });

  it.each([
    'pass in quick on em0 all flags S/SA keep state',
    'pass in quick proto tcp from any to any flags S/SA',
    'pass in quick on em0 proto { tcp udp } from any to any',
    'pass in quick on em0 inet from ! <friends> to any',
    'pass quick on WANS from 0.0.0.0/0 to any',
  ])('is let in by %s before our rule, and stopped behind it', (rule) => {
    expect(end([rule, ...OURS]).end).toBe('passed');
    expect(end([...OURS, rule]).end).toBe('ours');
  });

  it.each([
    'pass in quick on em0 inet proto tcp from any to 203.0.113.2 port = https flags S/SA keep state label "USER_RULE: Web"',
    'pass in quick on em0 inet from <friends> to any flags S/SA keep state label "USER_RULE: Friends"',
    'pass in quick on em0 inet proto udp from any to any port = 1194 keep state label "tags=user_rule" label "descr=VPN"',
  ])('an exception of the administrator stays one, and is named: %s', (rule) => {
    const { end: how, exceptions } = end([rule, ...OURS]);
    expect([how, exceptions.length]).toEqual(['ours', 1]);
    expect(exceptions[0]).toMatch(/^"(Web|Friends|VPN)"/);
    expect(end([...OURS, rule]).exceptions).toEqual([]);
  });

  it('of two rules without quick the last one counts', () => {
    const ours = 'block drop in on em0 inet from <crowdsec> to any';
    const pass = 'pass in on em0 inet all flags S/SA keep state';
    expect([end([pass, ours]).end, end([ours, pass]).end]).toEqual(['ours', 'passed']);
  });

  it('with a rule for one family alone, the other gets in', () => {
    expect([end([OURS[0] ?? '']).end, end([OURS[0] ?? ''], 6).end]).toEqual(['ours', 'none']);
  });

  it('never throws, and never ends at ours where no rule has our table', () => {
    const word = fc.constantFrom(
      ...'pass block in out quick on em0 { } ! from to any <other> <crowdsecs> port = 1 proto tcp inet label "a b" (em0)'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 25 }), (words) => {
        expect(end([words.join(' ')]).end).not.toBe('ours');
      }),
    );
  });
});

it('a port forward with "Pass" is told, unless it leaves the list out or is on another interface', () => {
  const to = 'to 203.0.113.2 port = http -> 192.168.1.10';
  const lines = ['em0 inet proto tcp from any', 'em1 inet proto tcp from any', 'em0 inet proto tcp from ! <crowdsec>'];
  const forwards = forwardsBefore(lines.map((one) => `rdr pass on ${one} ${to}`).join('\n'), ['em0'], ALIAS);
  expect(forwards).toEqual([`rdr pass on em0 inet proto tcp from any ${to}`]);
  expect(forwardsBefore(`rdr on em0 inet proto tcp from any ${to}`, ['em0'], ALIAS)).toEqual([]);
});
