import { until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { banned, startWeb } from './web-fixture.ts';

it('names address, host, path, scenario and the decision, of several that which is shown', async () => {
  const { lapi, connector, ask } = await startWeb({}, false);
  const [range, , local] = lapi.decisions.addMany([
    { value: '192.0.2.0/24', origin: 'lists', scenario: 'a-list' },
    { value: '198.51.100.9', origin: 'CAPI', scenario: 'crowd', duration: 9000 },
    { value: '198.51.100.9', origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf' },
  ]);
  for (const client of ['192.0.2.77', '198.51.100.9'])
    await until(client, async () => (await ask('/a/page?secret=1', {}, client)).status === 403);
  await ask('/other', {}, banned);
  const lines = (): Record<string, unknown>[] =>
    connector.stdout
      .split('\n')
      .filter((line) => line.includes('"request refused"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await until('the lines', () => lines().length === 3);
  const said = lines().map(({ client, host, path, reason, decision }) => ({ client, host, path, reason, decision }));
  const host = 'app.example';
  expect(said).toEqual([
    { client: '192.0.2.77', host, path: '/a/page', reason: 'a-list', decision: range?.id },
    { client: '198.51.100.9', host, path: '/a/page', reason: 'crowdsecurity/ssh-bf', decision: local?.id },
    { client: banned, host, path: '/other', reason: 'test/scenario', decision: 1 },
  ]);
});
