import { OpnSenseSandbox, crowdsecRule, pfSenseMissing, startLapi, startPfSense } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addresses, keyFile, publicKey } from './fixture.ts';
import { command, deviceSteps } from './product.ts';

const missing = await pfSenseMissing();
const ALIAS = 'crowdsec_blacklists';

async function scene() {
  const bans = addresses(30).map((value) => ({ value, duration: 3600 }));
  const lapi = await startLapi({ decisions: bans });
  const firewall = await startPfSense({
    version: 'OPNsense 24.7.1',
    aliases: [{ name: ALIAS, type: 'external', address: '' }],
    rules: [crowdsecRule],
    users: [{ name: 'root', uid: 0, shell: '/bin/tcsh', keys: [publicKey] }],
    login: 'key-only',
  });
  onTestFinished(async () => {
    await firewall.close();
    await lapi.close();
  });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    HTTP_LISTEN: 'off',
    PFSENSE_MODE: 'ssh-table',
    PFSENSE_USER: 'root',
    PFSENSE_HOST: `127.0.0.1:${firewall.port}`,
    PFSENSE_SSH_KEY_FILE: keyFile,
    PFSENSE_HOST_KEY: firewall.hostKeyFingerprint,
  };
  return { firewall, env };
}

describe.skipIf(missing !== undefined)(`OPNsense by SSH (${missing ?? 'ready'})`, () => {
  it('keeps the list in an external alias, which no reload touches, and check finds nothing to mend', async () => {
    const { firewall, env } = await scene();
    expect((await command(env, 'sync')).code).toBe(0);
    firewall.firewall.reload();
    expect(firewall.entriesOf()).toEqual(addresses(30));
    firewall.firewall.reboot();
    expect((await command(env, 'sync')).code).toBe(0);
    expect(firewall.entriesOf()).toEqual(addresses(30));
    const steps = (await deviceSteps(env)).join('\n');
    expect(steps).toContain('OPNsense 24.7.1');
    expect(steps).not.toMatch(/^(FAIL|warn)/m);
  });

  it('says that PHP of pfSense cannot make its alias, and what can', async () => {
    const { env } = await scene();
    const { code, stderr } = await command(env, 'setup', '--apply');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/this is OPNsense 24\.7\.1.*by its API, or by hand[^]*PFSENSE_API_URL/),
    ]);
  });

  it('makes alias and rule by the API where that is given, and prints its own steps and no others', async () => {
    const { env } = await scene();
    const api = await OpnSenseSandbox.start();
    onTestFinished(() => api.close());
    api.alias = undefined;
    api.rules = [];
    api.load();
    const all = { ...env, PFSENSE_API_URL: api.url, PFSENSE_API_KEY: api.key, PFSENSE_API_SECRET: api.secret };
    const { stdout } = await command(all, 'setup');
    expect(stdout).toMatch(
      /System > Settings > Administration > Secure Shell[^]*External \(advanced\)[^]*Authorized keys[^]*restrict,command=/,
    );
    expect(stdout).not.toMatch(/<\?php|User Manager|Admin Access|URL Table/);
    expect((await command(all, 'setup', '--apply')).stdout).toMatch(/alias \w+: new, type external\nrule: new/);
    expect([api.isLoaded, api.loadedRules.length]).toEqual([true, 1]);
    expect((await command(all, 'setup', '--remove')).stdout).toContain('alias crowdsec_blacklists: removed');
    expect((await command(all, 'sync')).code).toBe(0);
  });

  it('without the API the steps for both firewalls are printed, each under its name', async () => {
    const { env } = await scene();
    const { stdout } = await command(env, 'setup');
    expect(stdout).toMatch(
      /pfSense: SSH: System > Advanced[^]*<\?php[^]*----- The same on OPNsense -----[^]*Secure Shell[^]*External \(advanced\)/,
    );
  });
});
