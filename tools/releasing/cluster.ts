import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort, until } from '@bouncer/sandbox';

/** Programs of a cluster: paths, or names in PATH. */
export interface ClusterPrograms {
  readonly apiserver: string;
  readonly etcd: string;
  readonly helm: string;
}

/** What a program said, both its streams, and how it ended. */
export interface Told {
  readonly code: number;
  readonly output: string;
}

/** A Kubernetes API of its own on loopback: kube-apiserver and etcd, without controllers and nodes. */
export class Cluster implements AsyncDisposable {
  readonly #folder: string;
  readonly #processes: ChildProcess[] = [];
  #log = '';

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects with the end of their logs when one of them does not start. */
  static async start(programs: ClusterPrograms): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(path.join(os.tmpdir(), 'cluster-')));
    try {
      await cluster.#start(programs);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw new Error(`${(error as Error).message}: ${cluster.#log.slice(-600)}`, { cause: error });
    }
  }

  async #start({ apiserver, etcd, helm }: ClusterPrograms): Promise<void> {
    const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
    const store = `http://127.0.0.1:${client}`;
    const raft = `http://127.0.0.1:${peer}`;
    const at = (name: string): string => path.join(this.#folder, name);
    this.#run(etcd, [
      ...['--data-dir', at('etcd'), '--listen-client-urls', store, '--advertise-client-urls', store],
      ...['--listen-peer-urls', raft, '--initial-advertise-peer-urls', raft, '--initial-cluster', `default=${raft}`],
    ]);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(at('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(at('tokens.csv'), 'token,admin,1,system:masters\n');
    this.#run(apiserver, [
      ...['--etcd-servers', store, '--secure-port', String(secure), '--bind-address', '127.0.0.1'],
      ...['--cert-dir', at('certificates'), '--token-auth-file', at('tokens.csv'), '--authorization-mode', 'RBAC'],
      ...['--service-account-issuer', 'https://cluster.test', '--service-cluster-ip-range', '10.0.0.0/24'],
      ...['--service-account-key-file', at('key.pem'), '--service-account-signing-key-file', at('key.pem')],
    ]);
    await writeFile(at('config'), kubeconfig(`https://127.0.0.1:${secure}`));
    await mkdir(at('bin'));
    // A name alone is one in PATH.
    if (helm.includes('/')) await symlink(path.resolve(helm), at('bin/helm'));
    await until('the API is ready', async () => {
      if (this.#processes.some(({ exitCode }) => exitCode !== null)) throw new Error('it ended');
      return (await this.sh('kubectl get --raw /readyz')).output.trim() === 'ok';
    });
  }

  /** Runs a shell line whose `kubectl` and `helm` speak to this API. Never rejects. */
  async sh(line: string, input = '', cwd = this.#folder): Promise<Told> {
    const env = {
      PATH: `${path.join(this.#folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: this.#folder,
      KUBECONFIG: path.join(this.#folder, 'config'),
    };
    const child = spawn('sh', ['-c', line], { env, cwd });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    // Who does not read to the end has said why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, output };
  }

  #run(program: string, args: readonly string[]): void {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.on('error', (error) => (this.#log += error.message));
    child.stderr.on('data', (data: Buffer) => (this.#log = (this.#log + data.toString()).slice(-5000)));
    this.#processes.push(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes.reverse()) {
      if (child.exitCode !== null || child.pid === undefined) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Its certificate is its own: nobody else listens on this loopback. */
function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token: 'token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
}
