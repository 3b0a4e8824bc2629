import { fuzz, fuzzSetup, hostileAddress, hostileText } from '@bouncer/testkit';
import { parseNetwork } from '@bouncer/stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEADER, renderList } from '../src/list/alias-file.ts';
import { kind } from '../src/kind.ts';

const alias = fc.oneof(hostileText(), fc.stringMatching(/^\w{1,31}$/), fc.constant('aaaaaaaaaaaaaaaaaaaaaaaaa_empty'));

it('the URL of the list that setup prints names the user and the alias that were set, whatever they are', async () => {
  const taken = await fuzzSetup({
    connector: kind,
    base: { PFSENSE_MODE: 'serve', PFSENSE_LISTEN: '0.0.0.0:41412', PFSENSE_LISTEN_PASSWORD: 'secret' },
    inputs: { PFSENSE_ALIAS: alias, PFSENSE_LISTEN_USER: hostileText() },
    runs: 300,
    holds({ text, values }) {
      const [, printed = ''] = /, URL (.*), 1 day\./.exec(text) ?? [];
      const filled = printed
        .replace('<PFSENSE_LISTEN_PASSWORD>', 'pw')
        .replace('<address of this machine>', '192.0.2.1');
      const url = new URL(filled);
      expect([decodeURIComponent(url.username), url.password, url.host, url.pathname]).toEqual([
        values.get('PFSENSE_LISTEN_USER'),
        'pw',
        '192.0.2.1:41412',
        `/${values.get('PFSENSE_ALIAS')}.txt`,
      ]);
    },
  });
  expect(taken).toBeGreaterThan(50);
});

it.each(['ssh', 'ssh-table'])(
  'the names in the PHP of %s are the alias, and its inner one is another',
  async (mode) => {
    const taken = await fuzzSetup({
      connector: kind,
      base: { PFSENSE_MODE: mode, PFSENSE_HOST: '192.168.1.1', PFSENSE_PASSWORD: 'secret' },
      inputs: { PFSENSE_ALIAS: alias, PFSENSE_USER: fc.oneof(hostileText(), fc.constant('ad.min$')) },
      runs: 200,
      holds({ text, values }) {
        const wanted = values.get('PFSENSE_ALIAS') ?? '';
        const names = [...text.matchAll(/^\tarray\('name' => '(\w{1,31})', /gm)].map(([, name]) => name);
        expect([names.at(-1), names.length, new Set(names).size]).toEqual([
          wanted,
          ...(mode === 'ssh' ? [1, 1] : [2, 2]),
        ]);
        expect(text.match(/^\$address = '(\w+)';$/m)?.[1]).toBe(wanted);
      },
    });
    expect(taken).toBeGreaterThan(30);
  },
);

it('the list that is served is read back line by line as the same networks', async () => {
  await fuzz('lists of pfSense, read back', fc.array(hostileAddress(), { maxLength: 40 }), (texts) => {
    const networks = [...new Set(texts.flatMap((text) => parseNetwork(text) ?? []))];
    const text = renderList(networks).toString();
    expect(text.startsWith(HEADER)).toBe(true);
    const lines = text.slice(HEADER.length).split('\n').slice(0, -1);
    // What pfSense keeps of a line: is_ipaddr() or is_subnet(), and nothing behind it.
    expect(lines.every((line) => /^[0-9a-f.:]+(\/\d{1,3})?$/.test(line))).toBe(true);
    expect(lines.map((line) => parseNetwork(line))).toEqual([...networks].sort());
  });
});
