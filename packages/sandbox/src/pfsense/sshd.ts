import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../product/free-port.ts';
import { partsRoot } from './parts.ts';

/** pfSense's lists, less what Debian's OpenSSH does not know yet. */
const ALGORITHMS = {
  '2.8': [
    'KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521',
    'Ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr',
    'MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-512',
  ],
  '2.7': [
    'KexAlgorithms curve25519-sha256@libssh.org,diffie-hellman-group-exchange-sha256',
    'Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr',
    'MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-512',
  ],
} as const;

/** `sshdkeyonly` of pfSense. */
export type LoginMode = 'key-or-password' | 'key-only' | 'both';

/** How the server is to be. */
export interface SshdOptions {
  readonly root: string;
  readonly release: keyof typeof ALGORITHMS;
  readonly login: LoginMode;
  /** False: only keyboard-interactive asks for the password. */
  readonly passwordMethod: boolean;
  /** Further lines of sshd_config, which count before the usual ones: `MaxSessions 1`. */
  readonly sshd: readonly string[];
}

/** A real OpenSSH server in namespaces of its own, chrooted into the tree. */
export class Sshd {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly lines: string[] = [];

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    const killed = (): void => void child.kill('SIGKILL');
    process.setMaxListeners(100).once('exit', killed);
    this.#ended = once(child, 'exit').finally(() => process.off('exit', killed));
    if (child.stderr) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.lines.push(line);
      });
    }
  }

  static async start(options: SshdOptions): Promise<Sshd> {
    const { root } = options;
    const port = await freePort();
    writeFileSync(path.join(root, 'etc/ssh/sshd_config'), configuration(options, port));
    const own = path.join(root, '..', 'usr');
    mkdirSync(own, { recursive: true });
    const script = [
      'mount -t overlay overlay -o "lowerdir=$1:$2:/usr" "$0/usr"',
      'mount --bind "$0/local" "$0/usr/local"',
      'mount --rbind /dev "$0/dev"',
      'mount -t proc proc "$0/proc"',
      'exec chroot "$0" /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config',
    ].join(' && ');
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
    const child = spawn('unshare', [...namespaces, 'sh', '-c', script, root, own, path.join(partsRoot(), 'usr')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    const server = new Sshd(child, port);
    await server.#listening();
    return server;
  }

  /** How often something was logged. */
  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #listening(): Promise<void> {
    while (!this.lines.some((line) => line.startsWith('Server listening'))) {
      if (this.#child.exitCode !== null) throw new Error(`sshd ended at its start:\n${this.lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function configuration({ release, login, passwordMethod, sshd }: SshdOptions, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...sshd,
    'HostKey /etc/ssh/ssh_host_rsa_key',
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'PidFile none',
    'LogLevel VERBOSE',
    'LoginGraceTime 30',
    'ClientAliveInterval 30',
    'PermitRootLogin yes',
    'StrictModes no',
    'UseDNS no',
    'VersionAddendum none',
    'AuthorizedKeysFile /etc/keys/%u',
    'Subsystem sftp /usr/lib/openssh/sftp-server',
    `UsePAM ${login === 'key-only' ? 'no' : 'yes'}`,
    `PasswordAuthentication ${login !== 'key-only' && passwordMethod ? 'yes' : 'no'}`,
    `KbdInteractiveAuthentication ${login === 'key-only' ? 'no' : 'yes'}`,
    ...(login === 'both' ? ['AuthenticationMethods publickey,password'] : []),
    // Of this option sshd takes the last line, not the first.
    ...(sshd.some((line) => line.startsWith('MaxStartups')) ? [] : ['MaxStartups 100:30:100']),
    ...ALGORITHMS[release],
    '',
  ].join('\n');
}
