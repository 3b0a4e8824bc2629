import { ConnectorProcess, startLapi, until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { authPath } from '../src/forward-auth/auth-handler.ts';

it('counts requests looked at and refused as requests', async () => {
  await using lapi = await startLapi({ decisions: [{ value: '203.0.113.7' }, { value: '2001:db8::7' }] });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    TRAEFIK_MODE: 'forwardauth',
    TRAEFIK_LISTEN: '127.0.0.1:0',
    TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
    HTTP_LISTEN: '127.0.0.1:0',
  };
  await using connector = new ConnectorProcess({ app: 'traefik', env });
  let page = '';
  await until('the connector ready', async () => {
    page = /"url":"(http:[^"]+)"/.exec(connector.stdout)?.[1] ?? '';
    return page !== '' && (await fetch(`${page}readyz`)).ok;
  });
  const [, port = ''] = /"port":(\d+)/.exec(connector.stdout) ?? [];
  for (const client of ['203.0.113.7', '203.0.113.7', '2001:db8::7', '198.51.100.1']) {
    await fetch(`http://127.0.0.1:${port}${authPath}`, { headers: { 'x-forwarded-for': client } });
  }
  const scrape = await (await fetch(`${page}metrics`)).text();
  expect(scrape).toMatch(/refused_requests_total\{target="[^"]+",family="ipv4",origin=""\} 2\n/);
  expect(scrape).toMatch(/refused_requests_total\{target="[^"]+",family="ipv6",origin=""\} 1\n/);
  expect(scrape).toMatch(/processed_requests_total\{target="[^"]+",family=""\} 4\n/);
  expect(scrape).not.toMatch(/dropped_packets_total\{/);
});
