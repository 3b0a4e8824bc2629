import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Alias, FilterRule, PortForward } from './config.ts';
import { SmallDisk } from '../product/small-disk.ts';
import { PfFirewall } from './firewall.ts';
import { Link } from './link.ts';
import { pfSenseMissing } from './parts.ts';
import { pfctl } from './pfctl.ts';
import type { Outcome } from './pfctl.ts';
import { parsePrefix } from './prefix.ts';
import { Sshd } from './sshd.ts';
import type { LoginMode } from './sshd.ts';
import { writeTree } from './tree.ts';
import type { ShellUser } from './tree.ts';
import { serveWire } from './wire.ts';
import type { Call, Wire } from './wire.ts';

/** How the stand-in is to be. */
export interface PfSenseOptions {
  readonly release?: '2.7' | '2.8';
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly login?: LoginMode;
  /** Default: true. Without it, only keyboard-interactive asks for the password. */
  readonly passwordMethod?: boolean;
  readonly users?: readonly ShellUser[];
  /** Default: the alias that `setup` makes, with its first file. */
  readonly aliases?: readonly Alias[];
  readonly rules?: readonly FilterRule[];
  readonly forwards?: readonly PortForward[];
  readonly ramDisk?: boolean;
  /** Default 2.8.1-RELEASE, or that of `release`. `2.6...` shows its menu to whoever asks `admin` for a command. */
  readonly version?: string;
  /** What `admin`'s shell prints before a command, without an end of line: `>>> Launching rc.local`. */
  readonly before?: string;
  /** Further lines of sshd_config: `MaxSessions 1`, `Banner /etc/banner`, `RekeyLimit 16K`. */
  readonly sshd?: readonly string[];
  /** Puts the folder of alias files on a file system of its own, of this size; needs CAP_SYS_ADMIN. */
  readonly aliasDiskKilobytes?: number;
}

/** The alias that `setup` makes. */
export const crowdsecAlias: Alias = {
  name: 'crowdsec_blacklists',
  type: 'urltable',
  address: 'http://127.0.0.1:9/crowdsec_blacklists.txt',
  url: 'http://127.0.0.1:9/crowdsec_blacklists.txt',
  updatefreq: '30',
};

/** The rule that `setup` makes. */
export const crowdsecRule: FilterRule = {
  type: 'block',
  interface: 'wan',
  ipprotocol: 'inet46',
  source: 'crowdsec_blacklists',
  destination: 'any',
  descr: 'CrowdSec',
};

const DEFAULT_USERS: readonly ShellUser[] = [
  { name: 'root', uid: 0, shell: '/bin/sh', password: 'pfsense' },
  { name: 'admin', uid: 0, shell: '/etc/rc.initial', password: 'pfsense' },
  { name: 'operator', uid: 2000, shell: '/bin/tcsh', password: 'pfsense', sudo: true },
  { name: 'guest', uid: 2001, shell: '/bin/tcsh', password: 'pfsense' },
];

/** Commands of pfctl that change a table. */
const WRITES = new Set(['add', 'delete', 'replace', 'flush', 'kill']);

/** A pfSense: a real sshd in front of an emulated pf, file tree and configuration. */
export class PfSenseSandbox implements AsyncDisposable {
  readonly firewall: PfFirewall;
  readonly link: Link;
  /** Every call of pfctl, sysctl and the like. */
  readonly calls: Call[] = [];
  /** Answers instead of the emulator while it gives something; a promise holds up every call behind it. */
  intercept: ((call: Call) => Outcome | Promise<Outcome> | undefined) | undefined;
  /** Of `aliasDiskKilobytes`. */
  disk: SmallDisk | undefined;
  readonly #folder: string;
  readonly #sshd: Sshd;
  readonly #wire: Wire;

  constructor(folder: string, firewall: PfFirewall, link: Link, sshd: Sshd, wire: Wire) {
    this.#folder = folder;
    this.firewall = firewall;
    this.link = link;
    this.#sshd = sshd;
    this.#wire = wire;
  }

  get host(): string {
    return this.link.host;
  }

  get port(): number {
    return this.link.port;
  }

  /** Behind the relay: for `ssh` by hand. */
  get directPort(): number {
    return this.#sshd.port;
  }

  /** `ssh-ed25519 AAAA...` */
  get hostKey(): string {
    return this.hostKeyOf('ed25519');
  }

  /** The one of a kind: `ssh-rsa AAAA...` */
  hostKeyOf(kind: 'ed25519' | 'rsa'): string {
    const line = readFileSync(this.firewall.path(`/etc/ssh/ssh_host_${kind}_key.pub`), 'utf8');
    return line.split(' ').slice(0, 2).join(' ');
  }

  /** `SHA256:...` as `ssh-keygen -l` prints it. */
  get hostKeyFingerprint(): string {
    return this.fingerprintOf('ed25519');
  }

  /** That of the key of a kind. */
  fingerprintOf(kind: 'ed25519' | 'rsa'): string {
    const blob = Buffer.from(this.hostKeyOf(kind).split(' ')[1] ?? '', 'base64');
    return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
  }

  /** Sessions that ran a command: one for each exec channel. */
  get execChannels(): number {
    return this.#sshd.count(/^Starting session: (forced-)?command/);
  }

  /** What sshd has logged. */
  get sshdLog(): readonly string[] {
    return this.#sshd.lines;
  }

  /** How often a table was written. */
  get writes(): number {
    return this.calls.filter(({ program, args }) => program === 'pfctl' && WRITES.has(valueOf(args, '-T') ?? ''))
      .length;
  }

  /** What a table holds, in pf's order; undefined when there is no such table. */
  entriesOf(table = crowdsecAlias.name): string[] | undefined {
    return this.firewall.tables
      .get(table)
      ?.sorted()
      .map(({ text }) => text);
  }

  /** The file of an alias, or one beside it; undefined when it is not there. */
  fileOf(alias = crowdsecAlias.name, suffix = ''): string | undefined {
    const file = `${this.firewall.aliasFile(alias)}${suffix}`;
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  writeFile(text: string, alias = crowdsecAlias.name): void {
    writeFileSync(this.firewall.aliasFile(alias), text);
  }

  /** Lines of a user's authorized_keys. */
  setKeys(user: string, lines: readonly string[]): void {
    writeFileSync(this.firewall.path(`/etc/keys/${user}`), lines.map((line) => `${line}\n`).join(''));
  }

  /** Somebody is connected through the firewall. */
  addState(source: string, destination: string): void {
    this.firewall.states.push({ source: parsePrefix(source), destination: parsePrefix(destination) });
  }

  /** Runs pfctl by hand. */
  pfctl(args: readonly string[], stdin = ''): Outcome {
    return pfctl(this.firewall, args, stdin);
  }

  async close(): Promise<void> {
    this.link.close();
    await this.#sshd.stop();
    this.#wire.close();
    this.disk?.[Symbol.dispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Starts a pfSense. Rejects with the reason when it cannot; ask `pfSenseMissing` before. */
export async function startPfSense(options: PfSenseOptions = {}): Promise<PfSenseSandbox> {
  const reason = await pfSenseMissing();
  if (reason !== undefined) throw new Error(reason);
  const { release = '2.8', login = 'key-or-password', passwordMethod = true, users = DEFAULT_USERS } = options;
  const {
    aliases = [crowdsecAlias],
    rules = [crowdsecRule],
    forwards = [],
    ramDisk = false,
    aliasDiskKilobytes,
  } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'sandbox-pfsense-'));
  const root = path.join(folder, 'root');
  const { version = release === '2.7' ? '2.7.2-RELEASE' : '2.8.1-RELEASE', before = '', sshd: lines = [] } = options;
  writeTree(root, users, { version, before });
  const firewall = new PfFirewall(root);
  // Before sshd has its own view of what is mounted.
  const disk =
    aliasDiskKilobytes === undefined
      ? undefined
      : new SmallDisk(path.dirname(firewall.aliasFile('any')), aliasDiskKilobytes);
  firewall.writeConfig({ aliases: [...aliases], rules: [...rules], forwards: [...forwards], ramDisk });
  for (const { type, name } of aliases) {
    if (type === 'urltable') writeFileSync(firewall.aliasFile(name), '# empty\n');
  }
  firewall.table('sshguard').persist = true;
  firewall.reload();
  const started: { sandbox?: PfSenseSandbox } = {};
  const wire = await serveWire(path.join(root, 'var/run/emulator'), (call) => {
    started.sandbox?.calls.push(call);
    return Promise.resolve(started.sandbox?.intercept?.(call) ?? answer(firewall, call));
  });
  const sshd = await Sshd.start({ root, release, login, passwordMethod, sshd: lines });
  const link = await Link.start(sshd.port, options.host);
  started.sandbox = new PfSenseSandbox(folder, firewall, link, sshd, wire);
  started.sandbox.disk = disk;
  return started.sandbox;
}

function answer(firewall: PfFirewall, { program, uid, args, stdin }: Call): Outcome {
  switch (program) {
    case 'pfctl':
      if (uid !== 0) return { code: 1, err: 'pfctl: /dev/pf: Permission denied\n' };
      return pfctl(firewall, args, stdin);
    case 'sysctl':
      if (args.join(' ') === '-n net.pf.request_maxcount')
        return { code: 0, out: `${firewall.limits.requestMaxcount}\n` };
      if (args.join(' ') !== '-n kern.boottime')
        return { code: 1, err: `sysctl: unknown oid '${args.at(-1) ?? ''}'\n` };
      return { code: 0, out: `{ sec = ${firewall.boot}, usec = 0 } Tue Sep 22 00:00:00 2026\n` };
    case 'rc.filter_configure_sync':
      if (uid !== 0) return { code: 1, err: 'permission denied\n' };
      // In a process of its own it reads the configuration first; called from PHP it knows what that has read.
      firewall.reload(args[0] === 'known' ? { known: args.slice(1) } : {});
      return { code: 0 };
    default:
      return { code: 127, err: `${program}: not found\n` };
  }
}

function valueOf(args: readonly string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at < 0 ? undefined : args[at + 1];
}
