import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ConnectorProcess, until } from '@bouncer/sandbox';
import { Namespace } from './namespace.ts';

const sandbox = path.resolve(import.meta.dirname, '../../../packages/sandbox/src/cli.ts');
const PORT = 18_099;

/** Addresses of the attacker, and of the host that it reaches over a cable. */
const HOST = { 4: '45.83.0.1', 6: '2a01:4f8::100' } as const;
/** A server behind the host: what goes there is forwarded. */
export const SERVER = '46.4.0.2';
/** The addresses that the attacker has. */
const ATTACKER = [
  '45.83.64.1',
  '45.83.64.2',
  '45.83.66.9',
  '45.83.65.255',
  '45.83.67.0',
  '2a01:4f8::1',
  '2a01:4f8::2',
  '2a01:4f8:1::9',
] as const;

/** Two namespaces joined by a cable, a third behind, a LAPI stand-in on the host's loopback, and a connector beside it. */
export class Lab implements AsyncDisposable {
  readonly host: Namespace;
  readonly attacker: Namespace;
  readonly server: Namespace;
  readonly #lapi: ChildProcessWithoutNullStreams;
  readonly #replies: string[] = [];
  readonly #connectors: ConnectorProcess[] = [];

  private constructor(host: Namespace, attacker: Namespace, server: Namespace) {
    this.host = host;
    this.attacker = attacker;
    this.server = server;
    const args = [sandbox, 'lapi', '--host', '0.0.0.0', '--port', String(PORT), '--decisions', '0', '--local', '0'];
    const [program = '', ...rest] = [...host.prefix, process.execPath, ...args];
    this.#lapi = spawn(program, rest);
    createInterface({ input: this.#lapi.stdout }).on('line', (line) => this.#replies.push(line));
  }

  static async create(): Promise<Lab> {
    const [host, attacker, server] = [await Namespace.create(), await Namespace.create(), await Namespace.create()];
    await host.run(`ip link add outside type veth peer name wire netns ${attacker.name}`);
    await host.run(`ip link add inside type veth peer name wire netns ${server.name}`);
    await host.run(`ip addr add ${HOST[4]}/16 dev outside`);
    await host.run(`ip addr add ${HOST[6]}/32 dev outside nodad`);
    await host.run('ip addr add 46.4.0.1/24 dev inside');
    for (const device of ['outside', 'inside']) await host.run(`ip link set ${device} up`);
    await host.run('sysctl -q -w net.ipv4.ip_forward=1');
    await attacker.run('ip link set wire up');
    for (const address of ATTACKER) {
      const isSix = address.includes(':');
      await attacker.run(`ip addr add ${address}/${isSix ? '32' : '16'} dev wire${isSix ? ' nodad' : ''}`);
    }
    await attacker.run(`ip route add 46.4.0.0/24 via ${HOST[4]}`);
    await server.run(`ip addr add ${SERVER}/24 dev wire`);
    await server.run('ip link set wire up');
    await server.run('ip route add default via 46.4.0.1');
    const lab = new Lab(host, attacker, server);
    await until('the stand-in listens', () => lab.#replies.length >= 2);
    for (const target of [HOST[4], SERVER]) await until('the cable carries', () => lab.answers(ATTACKER[0], target));
    await until('the cable carries IPv6', () => lab.answers('2a01:4f8::1', HOST[6]));
    return lab;
  }

  /** Bans or unbans at the stand-in; resolves when all of them are in. */
  async tell(lines: readonly string[]): Promise<void> {
    const before = this.#replies.length;
    this.#lapi.stdin.write(`${lines.join('\n')}\n`);
    await until('the stand-in has done it', () => this.#replies.length >= before + lines.length);
  }

  /** Starts the connector on the host. */
  start(env: Readonly<Record<string, string>> = {}, args: readonly string[] = ['run']): ConnectorProcess {
    const settings = {
      CROWDSEC_API_URL: `http://127.0.0.1:${PORT}`,
      CROWDSEC_BOUNCER_API_KEY: 'sandbox-key',
      CROWDSEC_UPDATE_FREQUENCY: '0.2s',
      HTTP_LISTEN: 'off',
      ...env,
    };
    const connector = new ConnectorProcess({ app: 'firewall', env: settings, args, launcher: this.host.prefix });
    this.#connectors.push(connector);
    return connector;
  }

  /** Whether a ping from that address is answered. */
  async answers(from: string, to: string = from.includes(':') ? HOST[6] : HOST[4]): Promise<boolean> {
    const command = `ping -n -c 1 -W 0.3 -I ${from} ${to}`;
    return this.attacker.run(command).then(
      () => true,
      () => false,
    );
  }

  /** Whether a TCP connection from that address to the stand-in's port is taken. */
  async connects(from: string): Promise<boolean> {
    const program = `require('net').connect({host:'${HOST[4]}',port:${PORT},localAddress:'${from}',timeout:300}).on('connect',()=>process.exit(0)).on('timeout',()=>process.exit(1)).on('error',()=>process.exit(1))`;
    const command = [...this.attacker.prefix, process.execPath, '-e', program];
    const child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0;
  }

  /** A ping every 20 ms from that address, until it is stopped. */
  probe(from: string): Probe {
    return new Probe([...this.attacker.prefix, 'ping', '-n', '-i', '0.02', '-I', from, HOST[4]]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connector of this.#connectors) await connector.stop('SIGKILL');
    const ended = once(this.#lapi, 'close');
    this.#lapi.kill('SIGKILL');
    await ended;
    for (const each of [this.host, this.attacker, this.server]) await each[Symbol.asyncDispose]();
  }
}

/** A running ping. */
export class Probe {
  readonly #child: ChildProcessWithoutNullStreams;
  #output = '';

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args);
    this.#child.stdout.on('data', (text: Buffer) => (this.#output += text.toString()));
  }

  /** Ends it; how many were sent, and how many came back. */
  async stop(): Promise<{ readonly sent: number; readonly received: number }> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGINT');
    await ended;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(this.#output) ?? [];
    return { sent: Number(sent), received: Number(received) };
  }
}
