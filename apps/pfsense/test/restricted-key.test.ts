import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { silentLogger } from '@bouncer/target';
import { pfSenseMissing, startPfSense, type PfSenseSandbox } from '@bouncer/sandbox';
import { AuthError, ManualClock } from '@bouncer/stream';
import { Client, type ClientChannel } from 'ssh2';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { helperCommand, restrictedKeyLine } from '../src/ssh/helper.ts';
import { SshTarget } from '../src/ssh-target.ts';
import { addresses, calm, filled, keyFile, publicKey, settingsFor } from './fixture.ts';

const missing = await pfSenseMissing();

describe.skipIf(missing !== undefined)(`the restricted key that setup prints (${missing ?? 'ready'})`, () => {
  let pfsense: PfSenseSandbox;
  let settings: FirewallSettings;
  let line: string;
  /** A port behind the firewall. */
  let inside: number;

  beforeAll(async () => {
    pfsense = await startPfSense();
    settings = settingsFor(pfsense, { user: 'root', keyFile, password: undefined });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    inside = (server.address() as AddressInfo).port;
    // As it is printed, the public key put in its place: what is tested is what people paste.
    const text = new SshTarget(settings, new ManualClock(), silentLogger).setup();
    const printed = text.split('\n').find((one) => one.startsWith('restrict,')) ?? '';
    line = printed.replace('<the line of crowdsec-key.pub>', publicKey);
    return async () => {
      server.close();
      await pfsense.close();
    };
  });

  async function connected(key = line, isForwarding = false): Promise<Client> {
    pfsense.setKeys('root', [key]);
    const client = new Client();
    onTestFinished(() => void client.end());
    const { host, port } = pfsense;
    const agent = isForwarding ? { agent: '/nowhere', agentForward: true } : {};
    client.connect({ host, port, username: 'root', privateKey: readFileSync(keyFile), ...agent });
    await once(client, 'ready');
    return client;
  }

  it('does the job', async () => {
    pfsense.setKeys('root', [line]);
    const clock = new ManualClock();
    const target = new SshTarget(settings, clock, silentLogger);
    await filled(target, clock, addresses(20));
    await target.close();
    expect(pfsense.entriesOf()).toEqual(addresses(20));
    expect(line).toBe(restrictedKeyLine(settings, publicKey));
  });

  it('cannot make alias and rule, which is told as what it is', async () => {
    pfsense.setKeys('root', [line]);
    const target = new SshTarget(settings, new ManualClock(), silentLogger);
    const error: unknown = await target.applySetup(true, calm).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthError);
    expect((error as AuthError).message).toContain('this key is restricted to the list');
    expect((error as AuthError).hint).toContain('PFSENSE_PASSWORD');
  });

  it('runs no other command', async () => {
    const client = await connected();
    const commands = [
      'id',
      'cat /etc/master.passwd',
      'pfctl -d',
      'crowdsec-bouncer',
      'crowdsec-bouncer id',
      'scp -t /root',
      'x crowdsec-bouncer probe; id',
      'x crowdsec-bouncer "$(id)"',
      'x crowdsec-bouncer `id`',
    ];
    for (const command of commands) {
      expect([command, await exec(client, command)]).toEqual([
        command,
        { code: 126, out: 'this key is for the CrowdSec list only\n' },
      ]);
    }
    // Words after a verb that takes none are nothing to it.
    expect((await exec(client, 'x crowdsec-bouncer probe\nid')).out).not.toContain('uid=');
  });

  it('works on its own alias alone, whatever it is asked for', async () => {
    const client = await connected();
    const { out } = await exec(client, helperCommand({ ...settings, alias: 'other' }, false, 'probe'));
    expect(out).toContain('table <crowdsec_blacklists>');
  });

  it.each<[string, (client: Client, end: (answer: string) => void) => unknown]>([
    ['shell', (client, end) => client.shell(false, withExit(end))],
    ['terminal', (client, end) => client.exec('true', { pty: true }, outcome(end))],
    ['agent', (client, end) => client.exec('true', outcome(end))],
    ['sftp', (client, end) => client.sftp(outcome(end))],
    ['port on the firewall', (client, end) => client.forwardIn('127.0.0.1', 0, outcome(end))],
    ['way to a port', (client, end) => client.forwardOut('127.0.0.1', 0, '127.0.0.1', inside, outcome(end))],
    ['way to a socket', (client, end) => client.openssh_forwardOutStreamLocal('/var/run/emulator', outcome(end))],
  ])('gives no %s, as a free key would', async (name, ask) => {
    const answer = async (client: Client) => new Promise<string>((end) => void ask(client, end));
    expect(await answer(await connected(line, name === 'agent'))).toMatch(
      /exit (code )?126|unable|open failed|prohibited/i,
    );
    // The stand-in has no sftp server: that the request reached the forced command was seen above.
    if (name !== 'sftp')
      expect(await answer(await connected(publicKey, name === 'agent'))).toMatch(/^(granted|exit 0)$/);
  });

  it.each([
    ['192.0.2.1', false],
    ['127.0.0.1,192.0.2.1', true],
  ])('works from the given address alone: from="%s"', async (from, works) => {
    pfsense.setKeys('root', [`from="${from}",${line}`]);
    const target = new SshTarget(settings, new ManualClock(), silentLogger);
    onTestFinished(() => target.close());
    if (works) await target.open(calm);
    else await expect(target.open(calm)).rejects.toBeInstanceOf(AuthError);
  });

  it('learns from check which address the firewall sees', async () => {
    pfsense.setKeys('root', [line]);
    const target = new SshTarget(settings, new ManualClock(), silentLogger);
    for await (const { step, seen } of target.check(calm)) {
      if (step === 'login') expect(seen).toBe('user "root", from 127.0.0.1 as the firewall sees it');
    }
    expect(target.setup()).toContain('from="<address of this machine>"');
  });
});

/** For requests whose callback tells all. */
function outcome(end: (answer: string) => void): (error?: Error) => void {
  return (error) => {
    end(error?.message ?? 'granted');
  };
}

/** For a shell: that it is opened says nothing, what it ends with does. */
function withExit(end: (answer: string) => void): (error: Error | undefined, channel: ClientChannel) => void {
  return (error, channel) => {
    if (error) {
      end(error.message);
      return;
    }
    channel.on('exit', (code: number) => {
      end(`exit ${code}`);
    });
    channel.resume();
    channel.end('exit 0\n');
  };
}

function exec(client: Client, command: string): Promise<{ code: number; out: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let out = '';
      let code = -1;
      channel.on('data', (chunk: Buffer) => (out += chunk.toString()));
      channel.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
      channel.on('exit', (exit: number) => (code = exit));
      channel.on('close', () => {
        resolve({ code, out });
      });
      channel.end();
    });
  });
}
