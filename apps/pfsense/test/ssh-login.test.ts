import { listBy } from '@bouncer/testkit';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { pfSenseMissing, startPfSense, type PfSenseOptions, type PfSenseSandbox } from '@bouncer/sandbox';
import {
  AuthError,
  BouncerError,
  ConfigError,
  ManualClock,
  TransientError,
  systemClock,
  type Network,
} from '@bouncer/stream';
import type { CheckStep } from '@bouncer/target';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { helperCommand, restrictedKeyLine } from '../src/ssh/helper.ts';
import { openSession } from '../src/ssh/session.ts';
import {
  addresses,
  apply,
  calm,
  entry,
  filled,
  fixedPassword,
  keyFile,
  publicKey,
  settingsFor,
  targetFor,
  verify,
} from './fixture.ts';

const missing = await pfSenseMissing();

async function start(options: PfSenseOptions = {}): Promise<PfSenseSandbox> {
  const pfsense = await startPfSense(options);
  onTestFinished(() => pfsense.close());
  return pfsense;
}

async function failure(pfsense: PfSenseSandbox, more: Partial<FirewallSettings>): Promise<BouncerError> {
  const target = targetFor(pfsense, systemClock, more);
  const error: unknown = await target.open(calm).then(
    () => new Error('it opened'),
    (reason: unknown) => reason,
  );
  await target.close();
  if (!(error instanceof BouncerError)) throw error as Error;
  return error;
}

describe.skipIf(missing !== undefined)(`login to pfSense over SSH (${missing ?? 'ready'})`, () => {
  it.each([
    ['a password', {}, {}],
    ['keyboard-interactive alone', { passwordMethod: false }, {}],
    ['a key', {}, { keyFile, password: undefined }],
    ['a key alone, where passwords are off', { login: 'key-only' }, { keyFile }],
    ['key and password, where both are asked for', { login: 'both' }, { keyFile }],
    ['the algorithms of pfSense 2.7', { release: '2.7' }, {}],
  ] as const)('works with %s', async (_, options, more) => {
    const pfsense = await start(options);
    pfsense.setKeys('admin', [publicKey]);
    const target = targetFor(pfsense, systemClock, more);
    await target.open(calm);
    expect((await listBy(target, calm)).held.size).toBe(0);
    await target.close();
    expect(pfsense.link.connections).toBe(1);
    expect(pfsense.sshdLog.filter((line) => /^Failed password/.test(line))).toEqual([]);
  });

  it('tries a wrong password once, and asks to be left alone for longer than the login protection remembers', async () => {
    const pfsense = await start();
    const error = await failure(pfsense, { password: fixedPassword('wrong') });
    expect(error).toBeInstanceOf(AuthError);
    expect(error.message).toContain('refuses the login of "admin"');
    expect(error.hint).toContain('PFSENSE_PASSWORD');
    expect(error.retryAfter).toBeGreaterThan(15 * 60);
    expect(pfsense.sshdLog.filter((line) => /^Failed (password|keyboard)/.test(line))).toHaveLength(1);
  });

  it('takes a password that was rotated in its file', async () => {
    const pfsense = await start();
    let password = 'old';
    const rotated = {
      value: () => password,
      refresh: () => {
        password = 'pfsense';
        return true;
      },
    };
    const target = targetFor(pfsense, systemClock, { password: rotated });
    await target.open(calm);
    await target.close();
  });

  it('refuses another host key before it says anything, and prints the one that it saw', async () => {
    const pfsense = await start();
    const error = await failure(pfsense, { hostKeys: [`SHA256:${'A'.repeat(43)}`] });
    expect(error.message).toContain('host key');
    expect(error.hint).toContain(`PFSENSE_HOST_KEY=${pfsense.hostKeyFingerprint}`);
    expect(pfsense.sshdLog.some((line) => /Failed|Accepted/.test(line))).toBe(false);
  });

  it('refuses a host whose key nobody has told', async () => {
    const pfsense = await start();
    const error = await failure(pfsense, { hostKeys: [] });
    expect(error.message).toContain('no key is configured to compare it with');
    expect(error.hint).toContain(pfsense.hostKeyFingerprint);
  });

  it('knows the host by a known_hosts file, and not by one that holds another key', async () => {
    const pfsense = await start();
    const file = path.join(path.dirname(keyFile), 'known_hosts');
    writeFileSync(file, `# mine\n[127.0.0.1]:${pfsense.port} ${pfsense.hostKey}\n`);
    const target = targetFor(pfsense, systemClock, { hostKeys: [], knownHostsFile: file });
    await target.open(calm);
    await target.close();
    writeFileSync(file, `[127.0.0.1]:${pfsense.port} ${publicKey}\n`);
    const error = await failure(pfsense, { hostKeys: [], knownHostsFile: file });
    expect(error.message).toContain('holds another one');
  });

  it('says that SSH is off', async () => {
    const pfsense = await start();
    const { port } = pfsense;
    pfsense.link.close();
    const error = await failure(pfsense, { port });
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toContain('connection refused');
    expect(error.hint).toContain('Enable Secure Shell');
  });

  it('names what a user lacks who is not root', async () => {
    const pfsense = await start();
    const plain = await failure(pfsense, { user: 'guest' });
    expect(plain).toBeInstanceOf(AuthError);
    expect(plain.hint).toContain('PFSENSE_SUDO=true');
    const sudo = await failure(pfsense, { user: 'guest', sudo: true });
    expect(sudo.message).toContain('sudo refuses');
    expect(sudo.hint).toContain('System > sudo');
  });

  it('does the whole job for a user whose shell is tcsh, by sudo', async () => {
    const pfsense = await start({ ramDisk: true });
    const clock = new ManualClock();
    const target = targetFor(pfsense, clock, { user: 'operator', sudo: true });
    onTestFinished(() => target.close());
    await filled(target, clock, addresses(700));
    pfsense.addState('198.51.100.7', '10.0.0.1');
    const { held } = await listBy(target, calm);
    await apply(target, { create: [entry(clock, '198.51.100.7')], delete: [held.get('45.0.0.0' as Network)!] });
    expect(pfsense.entriesOf()).toEqual([...addresses(700).slice(1), '198.51.100.7']);
    expect(pfsense.firewall.states).toEqual([]);
    expect(await verify(target)).toBe(true);
    pfsense.pfctl(['-t', 'crowdsec_blacklists', '-T', 'flush']);
    expect(await verify(target)).toBe(false);
    const steps: CheckStep[] = [];
    for await (const step of target.check(calm)) steps.push(step);
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    await filled(target, clock, addresses(3));
    pfsense.firewall.reboot({ saved: false });
    expect(pfsense.entriesOf()).toHaveLength(700);
  });

  it('lets a restricted key do its job and nothing else', async () => {
    const pfsense = await start();
    const settings = settingsFor(pfsense, { user: 'root', keyFile, password: undefined });
    pfsense.setKeys('root', [restrictedKeyLine(settings, publicKey)]);
    const session = await openSession(settings, systemClock, calm);
    const none = Buffer.alloc(0);
    for (const command of [
      'id',
      'cat /etc/master.passwd',
      'pfctl -d',
      `${helperCommand(settings, false, 'probe')}; id`,
    ]) {
      const { code, stdout } = await session.exec(command, none, calm);
      expect([command, code, stdout]).toEqual([command, 126, '']);
    }
    const other = await session.exec(helperCommand({ ...settings, alias: 'other' }, false, 'probe'), none, calm);
    expect(other.stdout).toContain('table <crowdsec_blacklists>');
    session.close();
  });

  it('gives a command up that never answers', async () => {
    const pfsense = await start();
    const clock = new ManualClock();
    const target = targetFor(pfsense, clock);
    await target.open(calm);
    pfsense.link.mood = 'hang';
    const listed = verify(target);
    const outcome = expect(listed).rejects.toThrow('no answer to a command');
    await clock.advance(60_000);
    await outcome;
    await target.close();
  });

  it.each([
    ['there is none', [], 'no alias'],
    [
      'it is an empty host alias, which pfSense flushes',
      [{ name: 'crowdsec_blacklists', type: 'host', address: '' }],
      'not a URL table',
    ],
    [
      'it holds addresses',
      [{ name: 'crowdsec_blacklists', type: 'network', address: '192.0.2.0/24' }],
      'not a URL table',
    ],
  ] as const)('refuses the alias when %s', async (_, aliases, says) => {
    const pfsense = await start({ aliases, rules: [] });
    const error = await failure(pfsense, {});
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(says);
    expect(error.hint).toContain('`setup`');
    expect(pfsense.writes).toBe(0);
  });

  it('knows the firewall by the fingerprint of either of its keys, and asks for the right one from then on', async () => {
    const pfsense = await start();
    const settings = settingsFor(pfsense, { hostKeys: [pfsense.fingerprintOf('rsa')] });
    for (const connections of [2, 3]) {
      const session = await openSession(settings, systemClock, calm);
      expect(session.hostKey).toBe(pfsense.fingerprintOf('rsa'));
      session.close();
      expect(pfsense.link.connections).toBe(connections);
    }
  });

  it('takes an answer behind text without an end of line, and a banner', async () => {
    const pfsense = await start({ before: '>>> Launching rc.local', sshd: ['Banner /etc/version', 'RekeyLimit 16K'] });
    const clock = new ManualClock();
    const target = targetFor(pfsense, clock);
    onTestFinished(() => target.close());
    await filled(target, clock, addresses(3000));
    expect(await verify(target)).toBe(true);
    expect(pfsense.entriesOf()).toHaveLength(3000);
  });

  it('needs one session alone, also for counters and list at once', async () => {
    const pfsense = await start({ sshd: ['MaxSessions 1'] });
    const clock = new ManualClock();
    const target = targetFor(pfsense, clock);
    onTestFinished(() => target.close());
    await filled(target, clock, addresses(10));
    await Promise.all([target.counters(calm), verify(target), target.counters(calm)]);
    expect(pfsense.link.connections).toBe(1);
  });

  it.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', /ended the connection before it said anything of SSH/],
    ['a server that only closes', '', /ended the connection before it said anything of SSH/],
  ])('says that the port is that of %s', async (_, says, words) => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(says));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const pfsense = await start();
    const error = await failure(pfsense, { port: (server.address() as AddressInfo).port });
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toMatch(words);
    expect(error.hint).toContain('PFSENSE_SSH_PORT');
  });

  it.each(['admin', 'root'])('refuses pfSense 2.6 in plain words (%s)', async (user) => {
    const pfsense = await start({ version: '2.6.0-RELEASE' });
    const error = await failure(pfsense, { user });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/pfSense 2\.6.* is too old/);
    expect(error.hint).toContain('2.7');
    expect(pfsense.writes).toBe(0);
  });
});
