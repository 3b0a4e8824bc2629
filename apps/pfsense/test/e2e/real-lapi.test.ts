import {
  ConnectorProcess,
  pfSenseMissing,
  realLapiAvailable,
  runConnectorCommand,
  startPfSense,
  startedAs,
  startRealLapi,
  until,
} from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { keyFile, publicKey } from '../fixture.ts';

const available = await realLapiAvailable();
const reason = available.ok ? await pfSenseMissing() : available.reason;

describe.skipIf(reason !== undefined)(`pfSense with a real CrowdSec LAPI (${reason ?? 'ready'})`, () => {
  it('follows what cscli does, through kill -9, a reload and a restart of LAPI, and passes no hostile text on', async () => {
    await using lapi = await startRealLapi();
    await using pfsense = await startPfSense();
    pfsense.setKeys('admin', [publicKey]);
    const env = {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: await lapi.addBouncer('my-pfsense'),
      CROWDSEC_UPDATE_FREQUENCY: '1s',
      PFSENSE_HOST: `127.0.0.1:${pfsense.port}`,
      PFSENSE_SSH_KEY_FILE: keyFile,
      PFSENSE_HOST_KEY: pfsense.hostKeyFingerprint,
      HTTP_LISTEN: 'off',
    };
    const holds = (...entries: string[]): Promise<number> =>
      until(`pf holds ${entries.join(' ')}`, () => pfsense.entriesOf()?.join() === entries.join(), 60);
    const inFile = (): string[] | undefined => pfsense.fileOf()?.split('\n').slice(1, -1);

    await lapi.ban('203.0.113.7', 4 * 3600);
    await lapi.ban('198.51.100.0/24', 3600);
    await lapi.ban('2001:db8::1', 3600);
    await lapi.ban('203.0.113.9', 3600, 'captcha');
    await lapi.ban('10.1.2.3', 3600);
    const reason = 'x"; pfctl -d \n$(reboot) `id` \' <b>';
    await lapi.cscli(['decisions', 'add', '-i', '203.0.113.6', '-d', '1h', '--reason', reason]);
    const first = new ConnectorProcess({ app: 'pfsense', env });
    await holds('198.51.100.0/24', '203.0.113.6', '203.0.113.7', '2001:db8::1');
    await lapi.unban('198.51.100.0/24');
    await lapi.ban('203.0.113.8', 600);
    await holds('203.0.113.6', '203.0.113.7', '203.0.113.8', '2001:db8::1');
    const bouncers = JSON.parse(await lapi.cscli(['bouncers', 'list', '-o', 'json'])) as object[];
    expect(bouncers).toMatchObject([
      { type: startedAs('pfsense').type, version: expect.stringMatching(/^v\d+\.\d+\.\d+/) as string },
    ]);

    // Killed, and the firewall reloads meanwhile; LAPI comes back with another ban.
    await first.stop('SIGKILL');
    pfsense.firewall.reload();
    await lapi.halt();
    await lapi.start();
    await lapi.ban('203.0.113.10', 600);
    await using second = new ConnectorProcess({ app: 'pfsense', env });
    await holds('203.0.113.6', '203.0.113.7', '203.0.113.8', '203.0.113.10', '2001:db8::1');
    // Whatever it was doing when it was stopped: the file is what a reboot brings back.
    expect(await second.stop()).toBe(0);
    expect(inFile()).toEqual(pfsense.entriesOf()?.toSorted());
    const { writes } = pfsense;
    const sync = await runConnectorCommand({ app: 'pfsense', args: ['sync'], env });
    expect([sync.code, pfsense.writes - writes], sync.stderr).toEqual([0, 0]);
    const given = pfsense.calls.map(({ program, args, stdin }) => `${program} ${args.join(' ')} ${stdin}`).join('\n');
    expect(given).toContain('203.0.113.6');
    expect(`${given}${pfsense.fileOf() ?? ''}`).not.toMatch(/reboot|`id`|<b>|pfctl -d/);
  });
});
