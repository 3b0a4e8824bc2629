import { parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { sampleValues } from '../testing.ts';
import { validateTraefik } from '../validate.ts';
import { halfTrusted, widerThanProxies } from './wide-trust.ts';

const networks = (text: string): Network[] => text.split(' ').flatMap((each) => parseNetwork(each) ?? []);

describe('who trusts half of all addresses', () => {
  it.each([
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['0.0.0.0/1 128.0.0.0/1', '0.0.0.0/0'],
    ['128.0.0.0/1', '0.0.0.0/0'],
    ['0.0.0.0/2 64.0.0.0/3 96.0.0.0/3', '0.0.0.0/0'],
    ['0.0.0.0/2 0.0.0.0/3 64.0.0.0/2 10.0.0.0/8', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['8000::/1', '::/0'],
    ['2000::/4', '2000::/3'],
    ['10.0.0.0/8 2000::/3', '2000::/3'],
  ])('%s is found, alone or together', (text, space) => {
    expect(halfTrusted(networks(text))).toBe(space);
    for (const mode of ['forwardauth', 'plugin', 'native'] as const) {
      const values = sampleValues({ mode, listen: '127.0.0.1:0', trustedProxies: networks(text) });
      expect(validateTraefik(values)).toEqual([expect.objectContaining({ variable: 'TRAEFIK_TRUSTED_PROXIES' })]);
    }
  });

  it.each(['172.18.0.0/16', '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7', '64.0.0.0/2 2400::/12', '192.0.2.1'])(
    '%s is not',
    (text) => {
      expect(halfTrusted(networks(text))).toBeUndefined();
    },
  );

  it('and what is wider than any ban, is told all the same', () => {
    expect(widerThanProxies(networks('64.0.0.0/2 2400::/12 10.0.0.0/8 fc00::/7 192.0.2.1'))).toEqual([
      '64.0.0.0/2',
      '2400::/12',
    ]);
  });
});
