import {
  passed,
  warned,
  type ApplyReport,
  type Capabilities,
  type Changes,
  type CheckStep,
  type Concern,
  type Current,
  type DropCounters,
  type FileTarget,
  type Held,
  type Logger,
  type Target,
  type TargetFacts,
} from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import type { Clock, Network, ProtectedSpace } from '@bouncer/stream';
import { listenForProxies, listenForTls } from '../provider/listener.ts';
import { answerProvider } from '../provider/provider-server.ts';
import type { AuthTls } from '../tls/auth-tls.ts';
import { unseenUse } from '../plugin/setup.ts';
import { halfTrusted, widerThanProxies } from '../options/wide-trust.ts';
import type { TreeMap } from '../emit/tree.ts';
import { networkOf } from './address-words.ts';
import { Answers } from './answers.ts';
import type { BanLook } from './answers.ts';
import { createAuthHandler, type AuthOptions } from './auth-handler.ts';
import { foreverList } from './block-list.ts';
import { Enforced } from './enforced.ts';
import { LogSample } from './log-sample.ts';
import { PeerWatch } from './peer-watch.ts';
import { answerReady } from './ready.ts';
import type { Snapshot } from './snapshot.ts';
import { WaitingRoom } from './waiting-room.ts';
import type { WebGate } from './web-gate.ts';
import { writeFirst } from '../provider/write-first.ts';

/** Requests wait so long for the first decisions, in milliseconds: a proxy's client does not notice, a browser waits longer. */
const WAIT_TIMEOUT_MS = 5000;
/** How often we look whether our certificate comes to its end. Milliseconds. */
const RENEW_MS = 6 * 60 * 60 * 1000;
/** After this, an endpoint that is to be open without a list counts as ready without one. Milliseconds. */
const GRACE_MS = 120_000;

export interface ForwardAuthOptions extends Pick<AuthOptions, 'decisionId' | 'probe'> {
  readonly listen: string;
  /** The same with TLS, where there is one. */
  readonly listenTls?: string;
  readonly tls?: AuthTls | undefined;
  readonly trustedProxies: readonly Network[];
  readonly untilFirstPull: 'open' | 'closed';
  readonly ban: BanLook;
  /** What is asked about requests that the list lets pass; `signal` of what it was made with is aborted by `stop`. */
  readonly web?: WebGate | undefined;
  /** The middleware's files. Protection does not depend on them. */
  readonly files: FileTarget;
  readonly document: () => TreeMap;
  /** True when `check` looks at the routers, or asks through one. */
  readonly isUseSeen?: boolean;
  /** Where the list is kept over a restart; without it nothing is kept. */
  readonly snapshot?: Snapshot | undefined;
  /** Who is let in by `closed` as well. */
  readonly protectedSpace?: ProtectedSpace;
  /** True when nothing may be written or blocked. */
  readonly dryRun?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The decisions in our own memory, and a server that answers proxies from them. */
export class ForwardAuthTarget implements Target {
  readonly name = 'forward-auth';
  /** What is enforced, and all that is kept. */
  readonly enforced: Enforced;
  readonly #options: ForwardAuthOptions;
  readonly #auth: ReturnType<typeof createAuthHandler>;
  readonly #waitingRoom = new WaitingRoom();
  readonly #peers: PeerWatch;
  #isWaiting = true;
  /** True once there is a list to answer from: the first decisions, or those of an earlier run. */
  #hasList = false;
  #isGraceTime = true;
  #filesFailed: string | undefined;
  #isPurged = false;

  constructor(options: ForwardAuthOptions) {
    this.#options = options;
    const { clock, untilFirstPull, ban, web, document, log, protectedSpace, dryRun = false } = options;
    this.enforced = new Enforced(web?.hasCaptcha === true);
    this.#peers = new PeerWatch(clock, log);
    this.#isWaiting = !dryRun;
    this.#auth = createAuthHandler({
      blocked: this.enforced.blocked,
      captchas: this.enforced.captchas,
      gate: dryRun ? undefined : web?.gate,
      peers: this.#peers,
      isExempt: (words) => protectedSpace?.shield(networkOf(words)).kept.length === 0,
      trusted: foreverList(options.trustedProxies),
      clock,
      isWaiting: () => this.#isWaiting,
      waitingRoom: this.#waitingRoom,
      untilFirstPull,
      decisionId: options.decisionId,
      probe: dryRun ? undefined : options.probe,
      answers: new Answers(ban, new LogSample(clock, log)),
      otherwise: answerReady(() => this.#isReady(), answerProvider(document, log)),
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const { listen, log, clock, snapshot, files, dryRun = false } = this.#options;
    const port = await listenForProxies(listen, this.#auth.handler, signal);
    // Then only, though no request is answered without it: who asks meanwhile waits, and is not refused a connection.
    if (!dryRun) this.#recover();
    log.info({ listen, port }, 'forward-auth and HTTP provider');
    await this.#startTls(signal);
    snapshot?.start(() => this.enforced.entries(), signal);
    const after = (milliseconds: number, work: () => void): void => {
      void clock.sleep(milliseconds, signal).then(work, () => undefined);
    };
    after(WAIT_TIMEOUT_MS, () => {
      this.#waitingRoom.close();
    });
    after(GRACE_MS, () => (this.#isGraceTime = false));
    // Before the first pull: without its middleware Traefik answers 404 for every router that names it.
    if (dryRun) return;
    // A certificate that is not kept would be another one after a restart, and the proxy would refuse it at first.
    await this.#tryFiles(async () => this.#options.tls?.save(), signal);
    await this.#tryFiles(() => writeFirst(files, signal), signal);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    await this.#tryFiles(() => this.#options.files.open(signal), signal);
    return { families: [4, 6], ranges: true, expires: true, types: this.#options.web?.hasCaptcha === true };
  }

  async list(signal: AbortSignal, known: Held = new Map()): Promise<Current> {
    signal.throwIfAborted();
    const held = this.enforced.sweep(known, this.#options.clock);
    const files = await this.#tryFiles(() => this.#options.files.list(signal), signal);
    // Asks for an apply after the first pull, be there no decision at all: that ends the waiting.
    return { held, strays: [], needsApply: this.#isWaiting || files?.needsApply === true };
  }

  async apply(changes: Changes, _held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const entry of changes.create) report.written(this.enforced.put(entry));
    for (const { entry } of changes.update) report.written(this.enforced.put(entry));
    for (const entry of changes.delete) {
      this.enforced.delete(entry.network);
      report.removed(entry);
    }
    this.#isWaiting = false;
    this.#hasList = true;
    this.#waitingRoom.close();
    this.#options.snapshot?.touch();
    const files = async (): Promise<void> => {
      if (!this.#isPurged) await this.#options.tls?.save();
      await this.#options.files.apply(noChanges, new Map(), report, signal);
    };
    await (this.#isPurged ? files() : this.#tryFiles(files, signal));
  }

  async verify(held: Held, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const files = await this.#tryFiles(() => this.#options.files.verify(new Map(), signal), signal);
    // What has come to its end leaves the list at the next listing, so there may be more than is held.
    return files !== false && this.enforced.size >= held.size;
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    const { trustedProxies, files, isUseSeen } = this.#options;
    const wide = widerThanProxies(trustedProxies);
    const fix =
      'name the addresses or networks of your proxies only: a trusted peer is never blocked, and names the clients';
    if (wide.length > 0) yield warned('proxies', `very wide: ${wide.join(', ')}`, fix);
    else yield passed('proxies', `trusted: ${trustedProxies.join(', ')}`);
    if (isUseSeen !== true) yield unseenUse;
    if (this.#options.web) yield* this.#options.web.check(signal);
    for await (const { level, step, seen, fix: help = '' } of files.check(signal)) {
      if (level === 'ok') yield passed(step, seen);
      else
        yield warned(
          step,
          `${seen}; needed where Traefik reads the middleware from it, and to keep bans over a restart`,
          help,
        );
    }
  }

  setup(): string {
    return this.#options.files.setup();
  }

  counters(): Promise<readonly DropCounters[]> {
    const { passed: allowed, blocked4, blocked6, appsec4, appsec6 } = this.#auth.counts;
    const { appsec } = this.#options.web ?? {};
    const origin = 'appsec';
    const none = { packets: 0, bytes: 0 };
    return Promise.resolve([
      { ...none, family: 4, requests: blocked4 },
      { ...none, family: 6, requests: blocked6 },
      { ...none, processed: allowed + blocked4 + blocked6 + appsec4 + appsec6 },
      ...(appsec
        ? [
            { ...none, family: 4 as const, origin, requests: appsec4 },
            { ...none, family: 6 as const, origin, requests: appsec6 },
            { ...none, appsec: { ...appsec.counts } },
          ]
        : []),
    ]);
  }

  facts(): TargetFacts {
    const { passed: allowed, blocked4, blocked6, appsec4, appsec6, overflowed } = this.#auth.counts;
    const { untrusted, nameless } = this.#peers.counts;
    return {
      requests_passed: allowed,
      requests_blocked: blocked4 + blocked6 + appsec4 + appsec6,
      requests_overflowed: overflowed,
      requests_untrusted: untrusted,
      requests_nameless: nameless,
    };
  }

  concerns(): readonly Concern[] {
    const space = halfTrusted(this.#options.trustedProxies);
    const seen = `TRAEFIK_TRUSTED_PROXIES trusts half of ${space} or more: every client may name its own address`;
    const wide: Concern[] = space === undefined ? [] : [{ level: 'fail', seen, fix: 'name your proxies only' }];
    return [...wide, ...this.#peers.concerns(), ...(this.#options.web?.appsec?.concerns() ?? [])];
  }

  /** What asks us must not stay behind: when we are gone, Traefik would answer 500 to everybody. */
  async purge(signal: AbortSignal): Promise<void> {
    this.#isPurged = true;
    await this.#options.files.purge(signal);
  }

  leftAfterPurge(): string {
    const others = '  NGINX and Caddy answer no requests without the connector: remove the snippets before it stops.';
    return `${this.#options.files.leftAfterPurge()}\n${others}`;
  }

  async close(): Promise<void> {
    // The list stays, and with it the server, which ends with the process.
    await this.#options.snapshot?.flush();
  }

  /** For the proxy that is told to ask there; the other endpoint goes on for all others. */
  async #startTls(signal: AbortSignal): Promise<void> {
    const { listenTls = 'off', tls, clock, log, dryRun = false } = this.#options;
    if (!tls || listenTls === 'off') return;
    const listening = await listenForTls(listenTls, this.#auth, signal, tls.identity());
    log.info({ listen: listenTls, port: listening.port }, 'forward-auth with TLS and HTTP/2');
    const renew = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(RENEW_MS, signal);
        if (!tls.renew()) continue;
        if (!dryRun) await this.#tryFiles(() => tls.save(), signal);
        listening.setTls(tls.identity());
      }
    };
    void renew().catch(() => undefined);
  }

  /** Takes what an earlier run has left; the first listing hands it to the controller like what any device holds. */
  #recover(): void {
    const kept = this.#options.snapshot?.load();
    if (kept === undefined) return;
    for (const entry of kept) this.enforced.put(entry);
    this.#hasList = true;
    this.#options.log.info({ kept: kept.length }, 'blocked as before, until LAPI answers');
  }

  #isReady(): boolean {
    return this.#hasList || (this.#options.untilFirstPull === 'open' && !this.#isGraceTime) || !this.#isWaiting;
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
