import { listedOf } from '@bouncer/target';
import { Secret } from '@bouncer/target';
import { expect, it } from 'vitest';
import { stockRenderer } from './stock-renderer.ts';
import type { StockValues } from './stock-renderer.ts';

const values: StockValues = {
  lapiUrl: 'https://crowdsec.protected.lan/lapi',
  lapiKey: { value: () => 'abc+/=', refresh: () => false } as unknown as NonNullable<StockValues['lapiKey']>,
  lapiClientCertFile: undefined,
  lapiClientKeyFile: undefined,
  lapiInsecureSkipVerify: false,
  updateFrequency: 10,
  decisionTypes: ['ban'],
  banStatus: 403,
  maxEntries: undefined,
};

function settings(more: Partial<StockValues> = {}): Map<string, string> {
  const [file] = stockRenderer({ ...values, ...more }, () => '').render(listedOf(new Map()));
  expect([file?.path, file?.mode]).toEqual(['crowdsec-nginx-bouncer.conf', 0o600]);
  const lines = Buffer.from(file?.bytes ?? [])
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

it('holds the settings of the official bouncer that avoid its known defects', () => {
  expect(Object.fromEntries(settings())).toEqual({
    ENABLED: 'true',
    API_URL: 'https://crowdsec.protected.lan/lapi',
    API_KEY: 'abc+/=',
    SSL_VERIFY: 'true',
    MODE: 'stream',
    UPDATE_FREQUENCY: '10',
    REQUEST_TIMEOUT: '15000',
    ENABLE_INTERNAL: 'true',
    BOUNCING_ON_TYPE: 'ban',
    FALLBACK_REMEDIATION: 'ban',
    RET_CODE: '403',
  });
});

it('takes captcha decisions, client certificates, and only a status that the official bouncer knows', () => {
  const certificate = { lapiKey: undefined, lapiClientCertFile: '/c.pem', lapiClientKeyFile: '/k.pem' };
  const all = settings({ ...certificate, decisionTypes: ['ban', 'captcha'], banStatus: 429 });
  expect([
    all.get('BOUNCING_ON_TYPE'),
    all.get('RET_CODE'),
    all.get('USE_TLS_AUTH'),
    all.get('TLS_CLIENT_CERT'),
    all.has('API_KEY'),
  ]).toEqual(['all', '403', 'true', '/c.pem', false]);
});

it('says how large the dictionary of the official bouncer must be', () => {
  const notes = (maxEntries: number) =>
    Buffer.from(
      stockRenderer({ ...values, maxEntries }, () => '').render(listedOf(new Map()))[1]?.bytes ?? [],
    ).toString();
  expect(notes(1_000_000)).toContain('lua_shared_dict crowdsec_cache 191m;');
  expect(notes(1000)).toContain('lua_shared_dict crowdsec_cache 50m;');
});

it('is out of date once the key in its file is another one', () => {
  let inFile = 'old';
  const lapiKey = new Secret('old', () => inFile);
  const renderer = stockRenderer({ ...values, lapiKey }, () => '');
  const key = () =>
    /^API_KEY=(.*)$/m.exec(Buffer.from(renderer.render(listedOf(new Map()))[0]?.bytes ?? []).toString())?.[1];
  expect([key(), renderer.isStale?.()]).toEqual(['old', false]);
  inFile = 'new';
  expect([renderer.isStale?.(), renderer.isStale?.(), key(), renderer.isStale?.()]).toEqual([true, true, 'new', false]);
});
