import { fuzz, hostileAddress } from '@bouncer/testkit';
import { mergeIntervals, parseNetwork, subtractIntervals, toInterval, type Network } from '@bouncer/stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nativeTree } from '../src/native/native-tree.ts';
import { sampleValues } from '../src/testing.ts';
import { at } from '../src/emit/tree.ts';

const networks = fc
  .array(
    fc.oneof(
      hostileAddress(),
      fc.tuple(fc.ipV4(), fc.nat(32)).map((parts) => parts.join('/')),
    ),
    { maxLength: 30 },
  )
  .map((texts) => [...new Set(texts.flatMap((text) => parseNetwork(text) ?? []))]);
const intervals = (texts: readonly string[]) => mergeIntervals(texts.map((text) => toInterval(text as Network)));

it('rules of native mode name the networks that were decided on, and nothing beside them', async () => {
  await fuzz('rules of Traefik, read back', networks, (wanted) => {
    const tree = nativeTree(sampleValues({ mode: 'native' }), wanted);
    const rule = at(tree, 'http', 'routers', 'crowdsec-http', 'rule');
    const parts = typeof rule === 'string' ? rule.split(' || ') : [];
    const back = parts.map((part) => /^ClientIP\(`([0-9a-f.:/]+)`\)$/.exec(part)?.[1]);
    expect(back).toEqual(wanted);
  });
});

it('the allow list of native mode holds all other addresses, and none of theirs', async () => {
  const all = ['0.0.0.0/0', '::/0'].map((text) => toInterval(text as Network));
  await fuzz(
    'allow lists of Traefik, read back',
    networks,
    (banned) => {
      const values = sampleValues({ mode: 'native', trustedProxies: ['192.0.2.1' as Network] });
      const ranges = at(nativeTree(values, banned), 'http', 'middlewares', 'crowdsec', 'ipAllowList', 'sourceRange');
      const back = (ranges as string[]).map((text) => parseNetwork(text));
      expect(back).toEqual(ranges);
      const served = intervals(back as Network[]);
      expect(subtractIntervals(all, served)).toEqual(intervals(banned));
    },
    300,
  );
});
