import { fuzzSetup, hostileText } from '@bouncer/testkit';
import fc from 'fast-check';
import { isIP } from 'node:net';
import { expect, it } from 'vitest';
import { kind } from '../src/kind.ts';

const name = fc.oneof(hostileText(), fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/));
const host = fc.oneof(
  hostileText(),
  fc.constantFrom(
    'router.lan',
    'fe80::1%ether1',
    'fe80::1%$x',
    'fe80::1%"',
    '[fd00::1]:8729',
    'a-b_c',
    '192.168.88.1:1',
    'x.',
  ),
  fc.ipV6(),
  fc.domain(),
);

/**
 * The commands of a RouterOS script, each as its words. Stricter than the router: whatever it would act on must stand in a
 * string, and there behind a backslash. Source: RouterOS documentation, Scripting, "Escape Sequences".
 */
function commandsOf(text: string): string[][] {
  const commands: string[][] = [];
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    if (line.startsWith(':if ') || line.includes(' move ')) continue;
    const rest = line.replace(/"(?:[^"\\$?]|\\["\\$?])*"/g, (string) => `<${Buffer.from(string).toString('hex')}>`);
    if (/[^\w\s/=:.,;<>-]/.test(rest)) throw new Error(`not plain: ${line}`);
    // The menu's words are one name: `/user add`.
    const words = (command: string): string[] => {
      const [menu = ''] = /^\/[a-z0-9 -]+?(?= [\w-]+=| crowdsec| api|$)/.exec(command.trim()) ?? [];
      return [menu, ...command.trim().slice(menu.length).trim().split(/\s+/).map(unquoted)];
    };
    commands.push(...rest.split(';').map(words));
  }
  return commands;
}

function unquoted(word: string): string {
  return word.replace(/<([0-9a-f]+)>/g, (_, hex: string) =>
    Buffer.from(hex, 'hex').toString().slice(1, -1).replaceAll(/\\(.)/g, '$1'),
  );
}

it('what setup prints is read by a strict reader of RouterOS as the same names', async () => {
  const taken = await fuzzSetup({
    connector: kind,
    base: { MIKROTIK_HOST: '192.168.88.1', MIKROTIK_USER: 'crowdsec', MIKROTIK_PASSWORD: 'secret' },
    inputs: { MIKROTIK_HOST: host, MIKROTIK_USER: name, MIKROTIK_BLACKLIST: name },
    runs: 400,
    holds({ text, values }) {
      const [host = '', another] = (values.get('MIKROTIK_HOST') ?? '').split(',');
      const commands = commandsOf(text);
      if (another !== undefined) return;
      const words = (menu: string) => commands.filter(([first]) => first === menu).flat();
      expect(words('/user add')).toEqual([
        '/user add',
        `name=${values.get('MIKROTIK_USER')}`,
        'group=crowdsec',
        expect.stringMatching(/^password=[0-9a-f]{40}$/),
      ]);
      const list = `src-address-list=${values.get('MIKROTIK_BLACKLIST')}`;
      for (const menu of ['/ip firewall raw add', '/ipv6 firewall raw add']) {
        expect(words(menu)).toEqual([
          menu,
          'chain=prerouting',
          'action=drop',
          'in-interface-list=WAN',
          list,
          'comment=CrowdSec',
        ]);
      }
      // What looks at the router first says the same rule without WAN, and moves it by the same names.
      const quotedList = /src-address-list=("(?:[^"\\]|\\.)*"|\S+) comment/.exec(text)?.[1] ?? '';
      for (const menu of ['/ip firewall raw', '/ipv6 firewall raw']) {
        expect(text.split('\n')).toContain(
          `:if ([:len [/interface list member find list=WAN]] = 0) do={${menu} add chain=prerouting action=drop src-address-list=${quotedList} comment="CrowdSec"}`,
        );
        expect(text.split('\n')).toContain(
          `${menu} move [find comment="CrowdSec" src-address-list=${quotedList}] destination=[:pick [find dynamic=no] 0]`,
        );
      }
      const given = isIP(host) === 0 ? host.replace(/^\[(.*)\].*$|:\d+$/, '$1') : host;
      expect(words('/certificate add')).toContain(`subject-alt-name=${isIP(given) ? 'IP' : 'DNS'}:${given}`);
    },
  });
  expect(taken).toBeGreaterThan(50);
});
