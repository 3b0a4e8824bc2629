import type { Concern, Logger } from '@bouncer/target';
import { parseNetwork } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';

/** So many addresses are remembered; further ones are counted. Anybody in the network may ask us. */
const MAX_PEERS = 64;
/** A peer that was not heard for so long is forgotten. Milliseconds. */
const MEMORY_MS = 24 * 60 * 60 * 1000;
/** Probes and tests by hand name no client either; so many requests are more than that. */
const MANY = 20;

export interface PeerCounts {
  /** Requests of trusted proxies that named a client. */
  named: number;
  /** Requests of trusted proxies that named trusted addresses only. */
  own: number;
  /** Requests of trusted proxies that named nobody. */
  nameless: number;
  /** Requests with a client's address from peers that are not trusted. */
  untrusted: number;
}

/**
 * What requests tell of the proxies that send them. A client behind a proxy that is not in the list, or that names nobody,
 * cannot be judged, and nothing else would show it.
 */
export class PeerWatch {
  readonly counts: PeerCounts = { named: 0, own: 0, nameless: 0, untrusted: 0 };
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #strangers = new Map<string, number>();
  #saidNameless = false;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** A request with a client's address from a peer that is not trusted. */
  stranger(remoteAddress: string): void {
    this.counts.untrusted += 1;
    const peer = parseNetwork(remoteAddress.split('%')[0] ?? '') ?? remoteAddress;
    const isKnown = this.#strangers.has(peer);
    if (!isKnown && this.#strangers.size >= MAX_PEERS) return;
    this.#strangers.set(peer, this.#clock.now());
    if (isKnown) return;
    const hint = `add ${peer}, or the network of the proxies, to TRAEFIK_TRUSTED_PROXIES`;
    this.#log.warn(
      { peer, hint },
      'X-Forwarded-For from a peer that is not trusted: who is behind it cannot be judged',
    );
  }

  /** A request of a trusted proxy that named nobody. */
  nameless(): void {
    this.counts.nameless += 1;
    if (this.#saidNameless) return;
    this.#saidNameless = true;
    this.#log.warn({ hint: namelessFix }, 'a trusted proxy asked without naming a client, who cannot be judged');
  }

  /** Why a banned client may get through, as last seen. */
  concerns(): readonly Concern[] {
    const { named, own, nameless, untrusted } = this.counts;
    const concerns: Concern[] = [];
    const strangers = this.#recent();
    if (strangers.length > 0) {
      const who = strangers.slice(0, 5).join(', ') + (strangers.length > 5 ? ` and ${strangers.length - 5} more` : '');
      const seen = `${untrusted} requests with X-Forwarded-For came from ${who}, not trusted: who is behind it cannot be judged`;
      const fix = `add ${strangers.slice(0, 5).join(',')} to TRAEFIK_TRUSTED_PROXIES, or the network they are in; if it is no proxy of yours, keep it away from TRAEFIK_LISTEN`;
      concerns.push({ level: 'fail', seen, fix });
    }
    if (nameless > 0 && (named === 0 || nameless >= MANY)) {
      const seen = `${nameless} requests of trusted proxies named no client, and passed; ${named} named one`;
      concerns.push({ level: named === 0 && nameless >= MANY ? 'fail' : 'warn', seen, fix: namelessFix });
    }
    if (own >= MANY && named === 0) {
      const seen = `all ${own} requests came from addresses in TRAEFIK_TRUSTED_PROXIES itself: no client was ever judged`;
      const fix =
        'check that Traefik gets the real address of clients (no NAT before it), and narrow TRAEFIK_TRUSTED_PROXIES';
      concerns.push({ level: 'fail', seen, fix });
    }
    return concerns;
  }

  #recent(): readonly string[] {
    const since = this.#clock.now() - MEMORY_MS;
    for (const [peer, at] of this.#strangers) if (at < since) this.#strangers.delete(peer);
    return [...this.#strangers.keys()];
  }
}

const namelessFix = 'let the proxy send X-Forwarded-For with the address of the client; `setup` prints how';
