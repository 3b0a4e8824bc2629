import { existsSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import path from 'node:path';
import { SmallDisk, freePort } from '@bouncer/sandbox';
import type { MatrixDevice } from '@bouncer/testkit';

/** The forward-auth endpoint as a proxy asks it. It is the connector itself: there is no device behind. */
export class ForwardAuthLane implements MatrixDevice {
  readonly sample = 24;
  /** Where the middleware's file goes; a file system of its own where that can be mounted. */
  readonly disk: SmallDisk | undefined;
  readonly #output: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  private constructor(port: number, output: string, disk: SmallDisk | undefined) {
    this.#port = port;
    this.#output = output;
    this.disk = disk;
  }

  static async start(folder: string, canMount: boolean): Promise<ForwardAuthLane> {
    const output = path.join(folder, 'output');
    return new ForwardAuthLane(await freePort(), output, canMount ? new SmallDisk(output) : undefined);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_LISTEN: `127.0.0.1:${this.#port}`,
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
      TRAEFIK_OUTPUT_DIR: this.#output,
      // With the default, open, requests pass from a start to the first pull.
      TRAEFIK_UNTIL_FIRST_PULL: 'closed',
    };
  }

  async blocked(networks: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    try {
      const statuses = await Promise.all(networks.map((network) => this.#ask(addressIn(network))));
      return new Set(networks.filter((_, index) => statuses[index] === 403));
    } catch {
      // A proxy that cannot ask lets nobody pass.
      return undefined;
    }
  }

  /** It asks nobody. */
  activity(): number {
    return 0;
  }

  get hasFile(): boolean {
    return existsSync(this.#file);
  }

  deleteFile(): void {
    rmSync(this.#file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.disk?.[Symbol.dispose]();
    return Promise.resolve();
  }

  get #file(): string {
    return path.join(this.#output, 'crowdsec.yml');
  }

  #ask(client: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'X-Forwarded-For': client };
      const where = { host: '127.0.0.1', port: this.#port, path: '/v1/forward-auth', headers, agent: this.#agent };
      const call = get({ ...where, timeout: 5000 }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      call.on('error', reject).on('timeout', () => call.destroy(new Error('no answer')));
    });
  }
}

/** Some address of a network. */
function addressIn(network: string): string {
  return network.split('/')[0] ?? network;
}
