import { recentLapiMissing, startedAs, startLapi, startRealLapi, startRouterOs, until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { environment, start } from './product.ts';

const decisions = [
  { value: '45.83.64.1', origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf' },
  { value: '2a01:4f8::/32', origin: 'lists', scenario: 'firehol_greensnow' },
];
const missing = await recentLapiMissing();

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
              type: startedAs('mikrotik').type,
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
    expect(connector.stdout).toContain('this LAPI does not accept usage metrics');
  });

  it.skipIf(missing !== undefined)(
    `are taken by a real LAPI that has the route, and shown by cscli (${missing ?? 'ready'})`,
    async () => {
      await using lapi = await startRealLapi({ metrics: true });
      const key = await lapi.addBouncer('usage');
      await lapi.ban('45.83.64.1', 3600);
      await lapi.ban('2a01:4f8::1', 3600);
      await lapi.importDecisions([{ value: '45.83.65.0/24' }]);
      await using router = await startRouterOs({ serviceTimeMs: 0 });
      await using connector = start(environment({ url: lapi.url, key }, router, { LOG_LEVEL: 'debug' }));
      await until('in step', () => connector.stdout.includes('the device is in step'));
      expect(await connector.stop()).toBe(0);
      expect(connector.stdout).not.toContain('usage metrics were not taken');
      expect(JSON.parse(await lapi.cscli(['metrics', 'show', 'bouncers', '-o', 'json']))).toEqual({
        bouncers: {
          usage: { cscli: { active_decisions: { ip: 2 } }, 'cscli-import': { active_decisions: { ip: 1 } } },
        },
      });
    },
  );
});
