import { describe, expect, it } from 'vitest';
import { rulesOf, sceneOf, usualInterfaces } from './testing.ts';
import { judgeRules } from './verdict.ts';

const OURS = 'raw chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec comment=CrowdSec';
/** What a fresh router has, less what has to do with IPsec. */
const DEFCONF = [
  'filter chain=forward action=passthrough dynamic=true',
  'filter chain=input action=accept connection-state=established,related,untracked',
  'filter chain=input action=drop connection-state=invalid',
  'filter chain=input action=accept protocol=icmp',
  'filter chain=input action=accept dst-address=127.0.0.1',
  'filter chain=input action=drop in-interface-list=!LAN',
  'filter chain=forward action=fasttrack-connection connection-state=established,related hw-offload=true',
  'filter chain=forward action=accept connection-state=established,related,untracked',
  'filter chain=forward action=drop connection-state=invalid',
  'filter chain=forward action=drop connection-state=new connection-nat-state=!dstnat in-interface-list=WAN',
];
/** The raw table of the manual's larger example, in few words. */
const ADVANCED = [
  'raw chain=prerouting action=accept disabled=true',
  'raw chain=prerouting action=accept dst-address=255.255.255.255 in-interface-list=LAN protocol=udp src-address=0.0.0.0 src-port=68 dst-port=67',
  'raw chain=prerouting action=drop src-address-list=bad_ipv4',
  'raw chain=prerouting action=drop src-address-list=bad_src_ipv4',
  'raw chain=prerouting action=drop in-interface-list=WAN src-address-list=not_global_ipv4',
  'raw chain=prerouting action=drop dst-address-list=!lan in-interface-list=LAN',
  'raw chain=prerouting action=drop protocol=udp port=0',
  'raw chain=prerouting action=jump jump-target=icmp4 protocol=icmp',
  'raw chain=prerouting action=jump jump-target=bad_tcp protocol=tcp',
  'raw chain=prerouting action=accept in-interface-list=LAN',
  'raw chain=prerouting action=accept in-interface-list=WAN',
  'raw chain=prerouting action=drop',
  'raw chain=bad_tcp action=drop protocol=tcp tcp-flags=!fin,!syn,!rst,!ack',
  'raw chain=icmp4 action=accept protocol=icmp icmp-options=0:0 limit=5,10:packet',
  'raw chain=icmp4 action=drop protocol=icmp',
];

function judge(...lines: string[]) {
  return judgeRules(rulesOf(...lines), sceneOf());
}

describe('a rule that ends all that comes in from WAN', () => {
  it.each([
    ['alone', [OURS]],
    ['without an interface', ['raw chain=prerouting action=drop src-address-list=crowdsec']],
    ['first of the default firewall', [OURS, ...DEFCONF]],
    ['first of the advanced example', [OURS, ...ADVANCED, ...DEFCONF]],
    [
      'behind rules that only log or mark',
      [
        'raw chain=prerouting action=log',
        'raw chain=prerouting action=add-src-to-address-list address-list=seen',
        OURS,
      ],
    ],
    [
      'behind a rule that accepts what comes from LAN',
      ['raw chain=prerouting action=accept in-interface-list=LAN', OURS],
    ],
    ['behind an accept of the unspecified address', ['raw chain=prerouting action=accept src-address=0.0.0.0/8', OURS]],
    [
      'behind an accept that is disabled or invalid',
      ['raw chain=prerouting action=accept disabled=true', 'raw chain=prerouting action=accept invalid=true', OURS],
    ],
    ['not from LAN', ['raw chain=prerouting action=drop in-interface-list=!LAN src-address-list=crowdsec']],
    [
      'by the name of the interface',
      ['raw chain=prerouting action=drop in-interface=ether1 src-address-list=crowdsec'],
    ],
    [
      'in a chain of its own',
      ['raw chain=prerouting action=jump jump-target=banned src-address-list=crowdsec', 'raw chain=banned action=drop'],
    ],
    [
      'in a chain that all is sent to',
      [
        'raw chain=prerouting action=jump jump-target=lists',
        'raw chain=lists action=return src-address-list=!crowdsec',
        'raw chain=lists action=drop src-address-list=crowdsec',
      ],
    ],
    [
      'in two halves',
      [
        'raw chain=prerouting action=drop protocol=tcp src-address-list=crowdsec',
        'raw chain=prerouting action=drop protocol=!tcp src-address-list=crowdsec',
      ],
    ],
    [
      'in the filter, both chains',
      [
        'filter chain=input action=drop src-address-list=crowdsec',
        'filter chain=forward action=reject src-address-list=crowdsec',
      ],
    ],
    [
      'in the filter, behind a raw accept',
      [
        'raw chain=prerouting action=accept in-interface-list=WAN',
        'filter chain=input action=drop src-address-list=crowdsec',
        'filter chain=forward action=drop src-address-list=crowdsec',
      ],
    ],
  ])('%s: ok', (_, lines) => {
    const { level, seen } = judge(...lines);
    expect(level, seen).toBe('ok');
  });

  it('is named, with its number, its comment and what it counted', () => {
    const { seen } = judge('raw chain=prerouting action=log', `${OURS} packets=12`);
    expect(seen).toContain(
      'raw rule 1 "CrowdSec" (prerouting drop in-interface-list=WAN src-address-list=crowdsec), 12 packets',
    );
  });
});

describe('a rule that does not end it', () => {
  it.each([
    [
      'behind an accept of WAN',
      ['raw chain=prerouting action=accept in-interface-list=WAN comment=last', OURS],
      'raw rule 0 "last" (prerouting accept in-interface-list=WAN)',
    ],
    [
      'at the end of the advanced example',
      [...ADVANCED, OURS],
      'raw rule 10 (prerouting accept in-interface-list=WAN)',
    ],
    ['behind notrack', ['raw chain=prerouting action=notrack', OURS], 'raw rule 0 (prerouting notrack)'],
    [
      'behind a jump to a chain that accepts',
      ['raw chain=prerouting action=jump jump-target=ok', 'raw chain=ok action=accept', OURS],
      'CrowdSec',
    ],
    [
      'behind an accept of one service',
      ['raw chain=prerouting action=accept protocol=tcp dst-port=443', OURS],
      'dst-port=443',
    ],
    [
      'behind an accept of all but some',
      ['raw chain=prerouting action=accept src-address-list=!office', OURS],
      'src-address-list=!office',
    ],
    ['tcp only', [`${OURS} protocol=tcp`], 'protocol=!tcp'],
    ['one port only', [`${OURS} protocol=tcp dst-port=22`], 'dst-port=!22'],
    ['one destination only', [`${OURS} dst-address=192.0.2.1`], 'dst-address=!192.0.2.1'],
    ['a second list', [`${OURS} dst-address-list=servers`], 'dst-address-list=!servers'],
    ['some of the time', [`${OURS} time=8h-17h,mon,tue`], 'time=!8h-17h'],
    ['up to a rate', [`${OURS} limit=10,5:packet`], 'limit'],
    ['by chance', [`${OURS} random=50`], 'random'],
    [
      'list LAN',
      ['raw chain=prerouting action=drop in-interface-list=LAN src-address-list=crowdsec'],
      'matches nothing that comes in from WAN',
    ],
    [
      'interface of the LAN',
      ['raw chain=prerouting action=drop in-interface=bridge src-address-list=crowdsec'],
      'matches nothing',
    ],
    [
      'a list without members',
      ['raw chain=prerouting action=drop in-interface-list=ISP src-address-list=crowdsec'],
      'matches nothing',
    ],
    ['output', ['raw chain=output action=drop src-address-list=crowdsec'], 'not reached'],
    ['a chain nobody jumps to', ['raw chain=banned action=drop src-address-list=crowdsec'], 'not reached'],
    [
      'a chain that only LAN is sent to',
      [
        'raw chain=prerouting action=jump jump-target=banned in-interface-list=LAN',
        'raw chain=banned action=drop src-address-list=crowdsec',
      ],
      'not reached',
    ],
    ['disabled', [`${OURS} disabled=true`], 'disabled'],
    ['invalid', [`${OURS} invalid=true`], 'invalid'],
    ['log', ['raw chain=prerouting action=log src-address-list=crowdsec'], 'does not block'],
    ['accept', ['raw chain=prerouting action=accept src-address-list=crowdsec'], 'does not block'],
    [
      'marks them once more',
      ['raw chain=prerouting action=add-src-to-address-list address-list=x src-address-list=crowdsec'],
      'does not block',
    ],
    ['the destination', ['raw chain=prerouting action=drop dst-address-list=crowdsec'], 'destination'],
    ['all but the list', ['raw chain=prerouting action=drop src-address-list=!crowdsec'], 'spares'],
    ['another list', ['raw chain=prerouting action=drop src-address-list=crowdsec2'], 'no rule uses the list crowdsec'],
    ['filter input only', ['filter chain=input action=drop src-address-list=crowdsec'], 'through the router'],
    ['filter forward only', ['filter chain=forward action=drop src-address-list=crowdsec'], 'to the router'],
    [
      'filter, behind the accept of a service',
      [
        'filter chain=input action=accept protocol=tcp dst-port=8291',
        'filter chain=input action=drop src-address-list=crowdsec',
        'filter chain=forward action=drop src-address-list=crowdsec',
      ],
      'filter rule 0',
    ],
    [
      'filter input in the default firewall: a forwarded port is open',
      ['filter chain=input action=drop src-address-list=crowdsec', ...DEFCONF],
      'connection-nat-state=dstnat',
    ],
    [
      'old connections only',
      [`${OURS} connection-state=established`.replace('raw chain=prerouting', 'filter chain=forward')],
      'connection-state=new',
    ],
  ])('%s: fail, and says why', (_, lines, why) => {
    const { level, seen } = judge(...lines);
    expect(level, seen).toBe('fail');
    expect(seen).toContain(why);
  });
});

describe('what may get through, or cannot be judged', () => {
  const filter = [
    'filter chain=input action=drop src-address-list=crowdsec',
    'filter chain=forward action=drop src-address-list=crowdsec',
  ];

  it.each([
    ['new connections only', filter.map((rule) => `${rule} connection-state=new`), 'connection-state=established'],
    [
      'behind the accept of established ones',
      ['filter chain=forward action=accept connection-state=established,related', ...filter],
      'filter rule 0',
    ],
    [
      'behind fasttrack',
      ['filter chain=forward action=fasttrack-connection connection-state=established,related', ...filter],
      'fasttrack',
    ],
    ['behind an accept of pings', ['filter chain=input action=accept protocol=icmp', ...filter], 'protocol=icmp'],
    [
      'behind an allow list',
      ['raw chain=prerouting action=accept src-address-list=office', OURS],
      'src-address-list=office',
    ],
    [
      'behind an allowed address',
      ['raw chain=prerouting action=accept src-address=198.51.100.7', OURS],
      'src-address=198.51.100.7',
    ],
    ['narrowed by what nobody here knows', [`${OURS} made-up=1`], 'made-up=!1'],
    ['behind an accept that nobody here knows', ['raw chain=prerouting action=accept made-up=1', OURS], 'made-up=1'],
    ['behind an action that nobody here knows', ['raw chain=prerouting action=teleport', OURS], 'teleport'],
  ])('%s: warn, and says what', (_, lines, what) => {
    const { level, seen } = judge(...lines);
    expect(level, seen).toBe('warn');
    expect(seen).toContain(what);
  });

  it('an uplink that is no member of WAN', () => {
    const interfaces = usualInterfaces([{ name: 'pppoe-out1', type: 'pppoe-out' }]);
    const verdict = judgeRules(rulesOf(OURS), sceneOf(interfaces));
    expect(verdict).toMatchObject({ level: 'warn', uplinks: ['pppoe-out1'] });
    expect(verdict.seen).toContain('in-interface=pppoe-out1');
    const free = 'raw chain=prerouting action=drop src-address-list=crowdsec';
    expect(judgeRules(rulesOf(free), sceneOf(interfaces)).level).toBe('ok');
  });

  it.each([
    ['WAN has no member', { lists: new Map([['WAN', { include: [], exclude: [], members: [] }]]) }, 'fail'],
    [
      'its only member is a port of a bridge',
      { lists: new Map([['WAN', { include: [], exclude: [], members: ['ether2'] }]]) },
      'fail',
    ],
    [
      'WAN includes a list that has one',
      {
        lists: new Map([
          ['WAN', { include: ['ISP'], exclude: [], members: [] }],
          ['ISP', { include: [], exclude: [], members: ['ether1'] }],
        ]),
      },
      'ok',
    ],
    ['the router shows no lists', { lists: undefined }, 'warn'],
  ])('%s: a rule that is limited to it: %s', (_, more, level) => {
    const verdict = judgeRules(rulesOf(OURS), sceneOf({ ...usualInterfaces(), ...more }));
    expect(verdict.level, verdict.seen).toBe(level);
  });

  it('gives up on chains that lead to each other, without saying that all is well', () => {
    const lines = ['raw chain=prerouting action=jump jump-target=a', 'raw chain=a action=jump jump-target=a', OURS];
    expect(judge(...lines)).toMatchObject({ level: 'warn' });
  });
});
