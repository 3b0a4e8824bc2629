import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Box } from './box.ts';
import { rulesOf, sceneOf } from './testing.ts';
import { walk } from './walk.ts';
import type { Tables } from './walk.ts';
import type { Rule } from './rule.ts';

interface Packet {
  readonly path: 'input' | 'forward';
  readonly protocol: string;
  readonly port: string;
  readonly state: string;
  readonly office: boolean;
}

const packet: fc.Arbitrary<Packet> = fc.record({
  path: fc.constantFrom('input', 'forward'),
  protocol: fc.constantFrom('tcp', 'udp', 'icmp'),
  port: fc.constantFrom('22', '443', '80'),
  state: fc.constantFrom('new', 'established', 'invalid'),
  office: fc.boolean(),
});

const not = fc.constantFrom('', '!');
const rule = fc
  .record({
    table: fc.constantFrom(
      'raw chain=prerouting',
      'raw chain=x',
      'filter chain=input',
      'filter chain=forward',
      'filter chain=x',
    ),
    action: fc.constantFrom('accept', 'drop', 'drop', 'jump', 'return', 'log'),
    protocol: fc.option(fc.tuple(not, fc.constantFrom('tcp', '17'))),
    port: fc.option(fc.tuple(not, fc.constantFrom('22', '443'))),
    list: fc.option(fc.tuple(not, fc.constantFrom('crowdsec', 'office'))),
    wan: fc.option(fc.constantFrom('WAN', 'LAN', '!LAN', '!WAN')),
    state: fc.option(fc.constantFrom('new', 'established,related', '!new')),
    disabled: fc.boolean(),
  })
  .map(({ table, action, protocol, port, list, wan, state, disabled }) =>
    [
      `${table} action=${table.endsWith('=x') && action === 'jump' ? 'drop' : action}`,
      action === 'jump' ? 'jump-target=x' : '',
      protocol ? `protocol=${protocol.join('')}` : '',
      port ? `dst-port=${port.join('')}` : '',
      list ? `src-address-list=${list.join('')}` : '',
      wan ? `in-interface-list=${wan}` : '',
      state && table.startsWith('filter') ? `connection-state=${state}` : '',
      disabled ? 'disabled=true' : '',
    ]
      .filter((word) => word !== '')
      .join(' '),
  );

/** One packet, rule by rule, as the manual describes it: true when it gets through. */
function passes(packet: Packet, tables: Tables): boolean {
  if (fate(packet, tables.raw, 'prerouting') === 'drop') return false;
  return fate(packet, tables.filter, packet.path) !== 'drop';
}

function fate(packet: Packet, rules: readonly Rule[], chain: string): 'accept' | 'drop' | 'on' {
  for (const each of rules) {
    if (each.chain !== chain || each.disabled || !matches(packet, each)) continue;
    if (each.action === 'return') return 'on';
    if (each.action === 'accept' || each.action === 'drop') return each.action;
    const within = each.action === 'jump' ? fate(packet, rules, each.jumpTarget ?? '') : 'on';
    if (within !== 'on') return within;
  }
  return 'on';
}

function matches(packet: Packet, { matchers }: Rule): boolean {
  return [...matchers].every(([name, value]) => {
    const text = value.replace('!', '');
    const lists = ['crowdsec', ...(packet.office ? ['office'] : [])];
    const is = {
      protocol: packet.protocol === (text === '17' ? 'udp' : text),
      'dst-port': packet.port === text,
      'src-address-list': lists.includes(text),
      'in-interface-list': text === 'WAN',
      'connection-state': text.split(',').includes(packet.state),
    }[name];
    return is !== value.startsWith('!');
  });
}

function holds(box: Box, packet: Packet): boolean {
  return [...box].every(([dimension, values]) => {
    if (dimension === 'protocol') return values.has(packet.protocol);
    if (dimension === 'connection-state') return values.has(packet.state);
    if (dimension === 'in-interface') return values.has('ether1');
    const [name = '', text = ''] = dimension.split('=');
    const is = name === 'src-address-list' ? packet.office : packet.port === text;
    return values.has(is ? 'yes' : 'no');
  });
}

it('a packet leaks exactly when it gets through rule by rule', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 12 }),
      fc.array(packet, { minLength: 20, maxLength: 20 }),
      (lines, packets) => {
        const tables = rulesOf(...lines);
        const { leaks, givenUp } = walk(tables, sceneOf());
        expect(givenUp).toBe(false);
        for (const each of packets) {
          const found = leaks.filter(({ path, packets: box }) => path === each.path && holds(box, each)).length;
          expect(found, JSON.stringify([lines, each])).toBe(passes(each, tables) ? 1 : 0);
        }
      },
    ),
    { numRuns: 2000 * Number(process.env['FUZZ_SCALE'] ?? 1) },
  );
});
