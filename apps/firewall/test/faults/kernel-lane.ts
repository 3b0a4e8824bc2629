import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MatrixDevice } from '@bouncer/testkit';
import { Namespace } from '../namespace.ts';
import { faultyNft } from './faulty-nft.ts';
import type { NftMode } from './faulty-nft.ts';

/** What `nft -j list table` says, as far as it is read. */
interface Listed {
  readonly nftables: readonly {
    readonly set?: { readonly name: string; readonly elem?: readonly Listing[] };
    readonly rule?: { readonly chain: string };
  }[];
}
type Listing = string | { readonly elem: { readonly val: Key } };
type Key = string | { readonly prefix: { readonly addr: string; readonly len: number } };

/** The nftables of a real kernel, in a network namespace of its own; the connector runs beside it and reaches it by `nft`. */
export class KernelLane implements MatrixDevice {
  readonly #namespace: Namespace;
  readonly #bin: string;

  private constructor(namespace: Namespace, bin: string) {
    this.#namespace = namespace;
    this.#bin = bin;
  }

  static async start(folder: string): Promise<KernelLane> {
    const namespace = await Namespace.create();
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'nft'), faultyNft(bin, namespace.name));
    chmodSync(path.join(bin, 'nft'), 0o755);
    const lane = new KernelLane(namespace, bin);
    writeFileSync(path.join(bin, 'calls'), '');
    lane.mode = '';
    return lane;
  }

  get env(): Readonly<Record<string, string>> {
    return { PATH: `${this.#bin}:${process.env['PATH'] ?? ''}` };
  }

  get mode(): NftMode {
    return readFileSync(path.join(this.#bin, 'mode'), 'utf8').trim() as NftMode;
  }

  set mode(mode: NftMode) {
    writeFileSync(path.join(this.#bin, 'mode'), mode);
  }

  async blocked(networks: readonly string[]): Promise<ReadonlySet<string>> {
    const text = await this.nft('-j list table inet crowdsec').catch(() => '{"nftables":[]}');
    const { nftables } = JSON.parse(text) as Listed;
    // Sets that no rule looks into block nothing.
    if (!nftables.some(({ rule }) => rule?.chain === 'crowdsec_input')) return new Set();
    const held = new Set(nftables.flatMap(({ set }) => (set?.elem ?? []).map(textOf)));
    return new Set(networks.filter((network) => held.has(network)));
  }

  /** Runs of nft. */
  activity(): number {
    return statSync(path.join(this.#bin, 'calls')).size;
  }

  holdApply() {
    const reached = path.join(this.#bin, 'reached');
    rmSync(reached, { force: true });
    this.mode = 'hold';
    return {
      reached: () => existsSync(reached),
      release: () => {
        this.mode = '';
      },
    };
  }

  /** The real nft, by hand. */
  nft(command: string): Promise<string> {
    return this.#namespace.run(`/usr/sbin/nft ${command}`);
  }

  /**
   * A table whose set for single IPv4 addresses of cscli, where the lane's bans come from, has an upper limit, in place of
   * ours: somebody made it by hand.
   */
  async limit(elements: number): Promise<void> {
    const script = path.join(this.#bin, 'limited.nft');
    const set = `{ type ipv4_addr; flags timeout; size ${elements}; }`;
    writeFileSync(
      script,
      `delete table inet crowdsec\nadd table inet crowdsec\nadd set inet crowdsec crowdsec_o_cscli4 ${set}\n`,
    );
    await this.nft(`-f ${script}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#namespace[Symbol.asyncDispose]();
  }
}

function textOf(listing: Listing): string {
  const key = typeof listing === 'string' ? listing : listing.elem.val;
  return typeof key === 'string' ? key : `${key.prefix.addr}/${key.prefix.len}`;
}
