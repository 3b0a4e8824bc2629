import { lookup } from 'node:dns/promises';
import { messageOf, type Clock } from '@bouncer/stream';
import { appsecPlace, type Logger } from '@bouncer/target';

const LOOK_INTERVAL_MS = 30_000;

export interface AppsecAddressOptions {
  /** CROWDSEC_APPSEC_URL. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Where AppSec listens, for NGINX, which is given no name to resolve: a container has another address when it is made anew. */
export class AppsecAddress {
  readonly #options: AppsecAddressOptions;
  #place: string | undefined;

  constructor(options: AppsecAddressOptions) {
    this.#options = options;
  }

  /** `unix:/path`, or an address and a port with a blank between; undefined as long as the name has none. */
  get place(): string | undefined {
    return this.#place;
  }

  /** Never rejects: what was known before stays. */
  async look(): Promise<void> {
    const { url, log, resolve = addressesOf } = this.#options;
    const { origin, socketPath } = appsecPlace(url);
    if (socketPath !== undefined) {
      this.#place = `unix:${socketPath}`;
      return;
    }
    const { hostname, port } = new URL(origin);
    try {
      const places = (await resolve(hostname.replace(/^\[|\]$/g, ''))).map((address) => placeOf(address, port || '80'));
      // One of several stays while it is one of them.
      if (this.#place === undefined || !places.includes(this.#place)) this.#place = places[0] ?? this.#place;
    } catch (error) {
      const now = this.#place === undefined ? 'NGINX cannot ask AppSec' : `NGINX asks at ${this.#place} still`;
      log.warn({ error: messageOf(error) }, `the host of CROWDSEC_APPSEC_URL has no address: ${now}`);
    }
  }

  /** Looks again and again, until aborted, which is its one way to reject. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(LOOK_INTERVAL_MS, signal);
      await this.look();
    }
  }
}

function placeOf(address: string, port: string): string {
  return `${address.includes(':') ? `[${address}]` : address} ${port}`;
}

/** IPv4 first: in a network of Docker's the other may have an address and no route. */
async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return found.sort((a, b) => a.family - b.family).map(({ address }) => address);
}
