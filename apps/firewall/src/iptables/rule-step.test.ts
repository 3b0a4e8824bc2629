import { describe, expect, it } from 'vitest';
import { neverBanned } from '../walk/sources.ts';
import { readStep, wordsOf } from './rule-step.ts';

const chains = new Set(['INPUT', 'ufw-user']);
const isNeverBanned = neverBanned([], false);
const step = (text: string) => readStep(text, chains, isNeverBanned);

describe('a rule as iptables-save prints it', () => {
  it.each([
    '-i lo -j ACCEPT',
    '-s 192.168.0.0/16 -j ACCEPT',
    '-s 127.0.0.1/32 -p tcp -m tcp --dport 22 -j ACCEPT',
    '-m limit --limit 5/min -j LOG --log-prefix "a -j ACCEPT "',
    '-p tcp -m comment --comment "only counts"',
    '-j MARK --set-xmark 0x1/0xffffffff',
  ])('ends no packet from a banned source: %s', (text) => {
    expect(step(text)).toBeUndefined();
  });

  it.each([
    ['-j ACCEPT', 'accept', false, false],
    ['-m comment --comment "-s 10.0.0.0/8 -j DROP" -j ACCEPT', 'accept', false, false],
    ['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', 'accept', true, false],
    ['-o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', 'accept', true, false],
    ['-p tcp -m tcp --dport 22 -j ACCEPT', 'accept', true, false],
    ['! -i lo -j ACCEPT', 'accept', true, false],
    ['-i eth0 -j ACCEPT', 'accept', true, false],
    ['! -s 192.168.0.0/16 -j ACCEPT', 'accept', true, false],
    ['-s 203.0.113.5/32 -j ACCEPT', 'accept', false, true],
    ['-m mark --mark 0x1 -j ACCEPT', 'accept', true, true],
    ['-m set ! --match-set other src -j ACCEPT', 'accept', false, true],
    ['-m set --match-set banned dst -j DROP', 'block', false, true],
    ['-f -j ACCEPT', 'accept', true, false],
    ['-m socket --transparent -j ACCEPT', 'accept', true, true],
    ['-p tcp -m tcp --tcp-flags FIN,SYN SYN -j ACCEPT', 'accept', true, false],
    ['-m recent --rcheck --seconds 60 ! -i lo -j ACCEPT', 'accept', true, true],
    ['-j NFQUEUE --queue-num 0', 'unknown', false, false],
    ['-p icmp -j ufw-user', 'jump', true, false],
    ['-g ufw-user', 'goto', false, false],
    ['-j REJECT --reject-with icmp-port-unreachable', 'block', false, false],
    ['-j RETURN', 'return', false, false],
  ] as const)('is read: %s', (text, effect, narrow, obscure) => {
    expect(step(text)).toMatchObject({ effect, narrow, obscure });
  });

  it('tells the set that the source must be in, and nothing else for a set', () => {
    expect(step('-m set --match-set banned src -j DROP')).toMatchObject({
      set: 'banned',
      narrow: false,
      obscure: false,
    });
    expect(step('-p tcp -m set --match-set banned src -j DROP')).toMatchObject({ set: 'banned', narrow: true });
  });

  it('counts a private source as open when private networks may be banned', () => {
    expect(readStep('-s 10.0.0.0/8 -j ACCEPT', chains, neverBanned([], true))).toMatchObject({ effect: 'accept' });
  });

  it('splits words as they are quoted', () => {
    expect(wordsOf(String.raw`-m comment --comment "a \"b\" \\ c" -j X`)).toEqual([
      '-m',
      'comment',
      '--comment',
      String.raw`a "b" \ c`,
      '-j',
      'X',
    ]);
  });
});
