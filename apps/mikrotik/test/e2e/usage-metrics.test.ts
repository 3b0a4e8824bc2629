import { realLapiAvailable, startLapi, startRealLapi, startRouterOs, until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { environment, start } from './product.ts';

const decisions = [
  { value: '45.83.64.1', origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf' },
  { value: '2a01:4f8::/32', origin: 'lists', scenario: 'firehol_greensnow' },
];
const available = await realLapiAvailable();

describe('usage metrics at the stop', () => {
  it.each(['1.6', '1.7.8'] as const)(
    'are taken by LAPI %s: what is blocked, by origin and family',
    async (generation) => {
      await using lapi = await startLapi({ decisions, generation });
      await using router = await startRouterOs({ serviceTimeMs: 0 });
      await using connector = start(environment(lapi, router));
      await until('in step', () => connector.stdout.includes('the device is in step'));
      expect(await connector.stop()).toBe(0);
      expect(lapi.usageMetrics).toEqual([
        {
          remediation_components: [
            expect.objectContaining({
              type: 'crowdsec-mikrotik-bouncer',
              version: expect.stringMatching(/^v\d/) as string,
              feature_flags: [],
              metrics: [
                expect.objectContaining({
                  items: [
                    { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'crowdsec', ip_type: 'ipv4' } },
                    {
                      name: 'active_decisions',
                      value: 1,
                      unit: 'ip',
                      labels: { origin: 'lists:firehol_greensnow', ip_type: 'ipv6' },
                    },
                  ],
                }),
              ],
            }),
          ],
        },
      ]);
    },
  );

  it('disturb nothing where LAPI knows none', async () => {
    await using lapi = await startLapi({ decisions, generation: '1.4' });
    await using router = await startRouterOs({ serviceTimeMs: 0 });
    await using connector = start(environment(lapi, router, { LOG_LEVEL: 'debug' }));
    await until('in step', () => connector.stdout.includes('the device is in step'));
    expect(await connector.stop()).toBe(0);
    expect(connector.stdout).toContain('this LAPI takes no usage metrics');
  });

  it.skipIf(!available.ok)(
    `are taken by a real LAPI that has the route (${available.ok ? 'Debian has 1.4.6, which has none' : available.reason})`,
    async ({ skip }) => {
      await using lapi = await startRealLapi();
      const key = await lapi.addBouncer('usage');
      const probe = await fetch(`${lapi.url}/v1/usage-metrics`, { method: 'POST', headers: { 'x-api-key': key } });
      if (probe.status === 404) skip('this LAPI is older than 1.6.3');
      await using router = await startRouterOs({ serviceTimeMs: 0 });
      await using connector = start(environment({ url: lapi.url, key }, router, { LOG_LEVEL: 'debug' }));
      await until('in step', () => connector.stdout.includes('the device is in step'));
      expect(await connector.stop()).toBe(0);
      expect(connector.stdout).not.toContain('usage metrics were not taken');
    },
  );
});
