import type {
  ApplyReport,
  Capabilities,
  Changes,
  CheckStep,
  Current,
  DropCounters,
  FileTarget,
  HeldEntry,
  Logger,
  Target,
  TargetFacts,
} from '@bouncer/connector';
import { hintOf, instantNow, messageOf } from '@bouncer/stream';
import type { Clock, Entry, Network } from '@bouncer/stream';
import { listenForProxies } from '../listener.ts';
import { answerProvider } from '../provider-server.ts';
import type { TreeMap } from '../tree.ts';
import { createAuthHandler } from './auth-handler.ts';
import { BlockList, foreverList } from './block-list.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Requests wait so long for the first decisions, in milliseconds: a proxy's client does not notice, a browser waits longer. */
const PATIENCE = 5000;

export interface ForwardAuthOptions {
  readonly listen: string;
  readonly trustedProxies: readonly Network[];
  readonly untilFirstPull: 'open' | 'closed';
  readonly banPage: string;
  /** The middleware's files. Protection does not depend on them. */
  readonly files: FileTarget;
  readonly document: () => TreeMap;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The decisions in our own memory, and a server that answers proxies from them. */
export class ForwardAuthTarget implements Target {
  readonly name = 'forward-auth';
  readonly capabilities: Capabilities = { families: [4, 6], ranges: true, expires: true };
  /** What is enforced. */
  readonly blocked = new BlockList();
  readonly #options: ForwardAuthOptions;
  readonly #held = new Map<Network, HeldEntry>();
  readonly #auth: ReturnType<typeof createAuthHandler>;
  readonly #waitingRoom = new WaitingRoom();
  #isWaiting = true;
  #filesFailed: string | undefined;
  #isPurged = false;

  constructor(options: ForwardAuthOptions) {
    this.#options = options;
    const { clock, untilFirstPull, banPage, document, log } = options;
    this.#auth = createAuthHandler({
      blocked: this.blocked,
      trusted: foreverList(options.trustedProxies),
      clock,
      isWaiting: () => this.#isWaiting,
      waitingRoom: this.#waitingRoom,
      untilFirstPull,
      banPage,
      otherwise: answerProvider(document, log),
    });
  }

  async serve(signal: AbortSignal): Promise<void> {
    const { listen, log, trustedProxies, clock } = this.#options;
    const port = await listenForProxies(listen, this.#auth.handler, signal);
    log.info({ listen, port }, 'forward-auth and HTTP provider');
    void clock
      .sleep(PATIENCE, signal)
      .catch(() => undefined)
      .then(() => {
        this.#waitingRoom.close();
      });
    if (trustedProxies.length > 0) return;
    log.warn(
      { variable: 'TRAEFIK_TRUSTED_PROXIES' },
      'no proxy is trusted, so every request counts as its own: nobody behind a proxy is blocked',
    );
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#tryFiles(() => this.#options.files.open(signal), signal);
  }

  async list(signal: AbortSignal): Promise<Current> {
    signal.throwIfAborted();
    const now = instantNow(this.#options.clock);
    for (const { network, expiresAt } of this.#held.values()) if (expiresAt <= now) this.#drop(network);
    const files = await this.#tryFiles(() => this.#options.files.list(signal), signal);
    // Asks for an apply after the first pull, be there no decision at all: that ends the waiting.
    return { held: this.#present(), surplus: [], outdated: this.#isWaiting || files?.outdated === true };
  }

  async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const entry of changes.create) report.written(this.#put(entry));
    for (const { entry } of changes.update) report.written(this.#put(entry));
    for (const held of changes.delete) {
      this.#drop(held.network);
      report.removed(held);
    }
    this.#isWaiting = false;
    this.#waitingRoom.close();
    const files = (): Promise<void> => this.#options.files.apply(noChanges, report, signal);
    await (this.#isPurged ? files() : this.#tryFiles(files, signal));
  }

  async verify(held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const files = await this.#tryFiles(() => this.#options.files.verify(new Map(), signal), signal);
    // What has come to its end leaves the list at the next listing, so there may be more than is held.
    return files !== false && this.blocked.size >= held.size;
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    const { trustedProxies, files } = this.#options;
    if (trustedProxies.length === 0) {
      const fix =
        'set TRAEFIK_TRUSTED_PROXIES to the address or network from which the proxy asks (its container network)';
      yield {
        ok: false,
        level: 'fail',
        step: 'proxies',
        seen: 'no proxy is trusted: nobody behind a proxy is blocked',
        fix,
      };
    } else yield { ok: true, level: 'ok', step: 'proxies', seen: `trusted: ${trustedProxies.join(', ')}` };
    for await (const step of files.check(signal)) {
      const seen = `${step.seen}; only needed where Traefik shall read the middleware from it`;
      yield step.ok ? step : { ok: true, level: 'ok', step: step.step, seen };
    }
  }

  setup(): string {
    return this.#options.files.setup();
  }

  counters(): Promise<readonly DropCounters[]> {
    const { passed, blocked4, blocked6 } = this.#auth.counts;
    const none = { packets: 0, bytes: 0 };
    return Promise.resolve([
      { ...none, family: 4, requests: blocked4 },
      { ...none, family: 6, requests: blocked6 },
      { ...none, processed: passed + blocked4 + blocked6 },
    ]);
  }

  facts(): TargetFacts {
    const { passed, blocked4, blocked6 } = this.#auth.counts;
    return { requests_passed: passed, requests_blocked: blocked4 + blocked6 };
  }

  /** What asks us must not stay behind: when we are gone, Traefik would answer 500 to everybody. */
  async purge(signal: AbortSignal): Promise<void> {
    this.#isPurged = true;
    await this.#options.files.purge(signal);
  }

  leftAfterPurge(): string {
    const others = '  NGINX and Caddy answer nobody without us: take the snippets out before the connector stops.';
    return `${this.#options.files.leftAfterPurge()}\n${others}`;
  }

  async close(): Promise<void> {
    // The list stays, and with it the server, which ends with the process.
  }

  #put({ network, expiresAt }: Entry): HeldEntry {
    const held: HeldEntry = { network, expiresAt };
    this.blocked.set(network, expiresAt);
    this.#held.set(network, held);
    return held;
  }

  #drop(network: Network): void {
    this.blocked.delete(network);
    this.#held.delete(network);
  }

  /** A copy: the controller's own bookkeeping must not change what is enforced. */
  #present(): Map<Network, HeldEntry> {
    return new Map(this.blocked.size === 0 ? [] : this.#held);
  }

  /** Without its files the endpoint protects all the same; the middleware may have been written by hand. */
  async #tryFiles<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      const result = await work();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const message = messageOf(error);
      if (message !== this.#filesFailed) {
        this.#options.log.warn({ error: message, hint: hintOf(error) }, 'the middleware is not written to a file');
      }
      this.#filesFailed = message;
      return undefined;
    }
  }
}

const noChanges: Changes = { create: [], update: [], delete: [] };
