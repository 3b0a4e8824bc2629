import { AuthError, TransientError, type Clock } from '@bouncer/stream';
import type {
  ApplyReport,
  Capabilities,
  Changes,
  CheckStep,
  Concern,
  Current,
  DropCounters,
  Held,
  Logger,
  Target,
  TargetFacts,
} from '@bouncer/target';
import { hasMenu } from './address-list.ts';
import type { Family, RowRef } from './address-list.ts';
import { checkRouter } from './check.ts';
import { demandPolicies, entriesFor, readRights, readResource } from './device.ts';
import type { Resource } from './device.ts';
import { keepRules, removeRules } from './firewall/managed-rules.ts';
import { readCounters } from './firewall/read-firewall.ts';
import { RuleWatch } from './firewall/rule-watch.ts';
import { Inventory } from './inventory.ts';
import { Looks } from './looks.ts';
import { Room } from './room.ts';
import { managedRulesOf, readTrust, targetName } from './router-settings.ts';
import type { RouterSettings } from './router-settings.ts';
import { trapError, trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { openSession } from './routeros/session.ts';
import { MAX_TIMEOUT_SECONDS } from './routeros/timeouts.ts';
import { Window } from './routeros/window.ts';
import { removalText } from './setup-removal.ts';
import { setupText } from './setup.ts';
import { Writer } from './writer.ts';

/** Entries given to one apply: on a slow router a few seconds, after which a fresh ban has its turn. */
const BATCH = 1000;
/** What an uptime may seem to go back by, because it is told in whole seconds. Seconds. */
const UPTIME_SLACK_SECONDS = 3;
/** Two clocks never run alike: of the time that has passed so much must show. */
const UPTIME_SHARE = 0.99;

/** The address list of one router: one connection, one state. */
export class MikrotikTarget implements Target<RowRef> {
  readonly name: string;
  readonly #settings: RouterSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #inventory = new Inventory();
  #windows = { write: new Window(), remove: new Window() };
  #families: readonly Family[];
  #link: Link | undefined;
  readonly #looks: Looks;
  readonly #room: Room;
  readonly #watch: RuleWatch;
  #rulesKept = false;
  #purged = false;
  #resource: Resource | undefined;
  #resourceAt = 0;
  #saidNoIpv6 = false;
  #saidLimit: number | undefined;

  constructor(settings: RouterSettings, clock: Clock, log: Logger) {
    this.name = targetName(settings);
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log.child({ target: this.name });
    this.#watch = new RuleWatch(settings, clock, this.#log);
    this.#families = settings.families;
    this.#room = new Room(clock, this.#log);
    const session = (signal: AbortSignal): Promise<Link> => this.#connect(signal);
    this.#looks = new Looks({ list: settings.list, clock, log: this.#log, inventory: this.#inventory, session });
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    await this.close();
    const link = await this.#connect(signal);
    this.#link = link;
    try {
      return await this.#inspect(link, signal);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async list(signal: AbortSignal, known?: Held<RowRef>): Promise<Current<RowRef>> {
    const current = await this.#looks.list(this.#alive(), this.#families, known, signal);
    return { ...current, needsApply: this.#keepsRules() && !this.#rulesKept };
  }

  async apply(
    changes: Changes<RowRef>,
    held: Held<RowRef>,
    report: ApplyReport<RowRef>,
    signal: AbortSignal,
  ): Promise<void> {
    const link = this.#alive();
    if (!this.#looks.isKnown && changes.update.length + changes.delete.length > 0) {
      throw new TransientError('the router was connected anew: its list has to be read first');
    }
    if (!this.#rulesKept && this.#keepsRules()) await this.#lookAtRules(link, signal);
    await new Writer({
      link,
      list: this.#settings.list,
      families: this.#families,
      clock: this.#clock,
      inventory: this.#inventory,
      looks: this.#looks,
      room: this.#room,
      maxTimeout: this.#maxTimeout,
      held,
      windows: this.#windows,
      report: this.#looks.following(report),
      signal,
    }).write(changes);
  }

  async verify(held: Held<RowRef>, signal: AbortSignal): Promise<boolean> {
    const link = this.#alive();
    if (await this.#hasRebooted(false, link, signal)) {
      this.#looks.forget();
      return false;
    }
    await this.#lookAtRules(link, signal);
    return this.#looks.verify(link, this.#families, held, signal);
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkRouter(this.#settings, this.#clock, signal);
  }

  setup(): string {
    return setupText(this.#settings);
  }

  setupRemoval(): string {
    return removalText(this.#settings);
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    return readCounters(this.#alive(), this.#families, this.#settings.list, signal);
  }

  facts(): TargetFacts {
    const resource = this.#resource;
    return {
      ...(resource && {
        version: resource.version,
        board: resource.board,
        uptime_seconds: resource.uptime,
        cpu_load_percent: resource.cpuLoad,
        free_memory_bytes: resource.freeMemory,
        total_memory_bytes: resource.totalMemory,
      }),
      window: this.#windows.write.size,
      latency_seconds: Math.round(this.#windows.write.latency * 1000) / 1_000_000,
      foreign_rows: this.#inventory.foreignRows,
      refused_writes: this.#room.refused,
      ...(this.#room.words !== undefined && { refusal_info: this.#room.words }),
      ...(this.#room.cap !== undefined && { entries_that_fit: this.#room.cap }),
      look_seconds: Math.round(this.#looks.budget.ms) / 1000,
    };
  }

  concerns(): readonly Concern[] {
    const believed = this.#inventory.concerns(this.#settings.list, this.#looks.budget.ms);
    return [...this.#watch.concerns, ...this.#room.concerns(), ...believed];
  }

  /** Removes the rules that we made. They are not made again by this target. */
  async purge(signal: AbortSignal): Promise<void> {
    this.#purged = true;
    await removeRules(this.#alive(), this.#families, this.#settings.list, signal);
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    this.#looks.stop();
    this.#rulesKept = false;
    await link?.close();
  }

  /** Seconds. */
  get #maxTimeout(): number {
    return Math.min(this.#settings.maxTtl ?? Infinity, MAX_TIMEOUT_SECONDS);
  }

  #alive(): Link {
    if (!this.#link) throw new TransientError('the router is not connected');
    if (this.#link.error) throw this.#link.error;
    return this.#link;
  }

  /** A refused login is tried once more when the password's file holds another one by now. */
  async #connect(signal: AbortSignal): Promise<Link> {
    const { host, port, user, password, tls } = this.#settings;
    const session = (): Promise<Link> =>
      openSession({ host, port, user, password: password.value(), trust: readTrust(tls), clock: this.#clock }, signal);
    try {
      return await session();
    } catch (error) {
      if (!(error instanceof AuthError) || !password.refresh()) throw error;
      return session();
    }
  }

  /** The families and the most entries are those of this router. */
  async #inspect(link: Link, signal: AbortSignal): Promise<Capabilities> {
    const { user, families } = this.#settings;
    this.#windows = { write: new Window(), remove: new Window() };
    this.#looks.connected(!(await this.#hasRebooted(true, link, signal)));
    demandPolicies(await readRights(link, user, signal), user);
    const present: Family[] = [];
    for (const family of families) {
      const { trap } = await hasMenu(link, family, signal);
      if (trap === undefined) present.push(family);
      else if (family === 6 && trapKind(trap) === 'no-command') this.#sayNoIpv6(trap);
      else throw trapError(trap, 'to read the address list', 'read');
    }
    this.#families = present;
    this.#watch.reset();
    // Rules of ours are made with the first entries; what others made is there already.
    if (!this.#keepsRules()) await this.#watch.look(link, present, signal);
    const room = this.#room;
    return {
      families: present,
      ranges: true,
      expires: true,
      maxTimeout: this.#maxTimeout,
      batch: BATCH,
      maxEntries: this.#limit(),
      // Asked anew each time: what fits is learnt while writing.
      get room() {
        return room.cap;
      },
      get isFull() {
        return room.cap !== undefined;
      },
    };
  }

  #sayNoIpv6(trap: string): void {
    if (this.#saidNoIpv6) return;
    this.#saidNoIpv6 = true;
    const hint = 'enable the ipv6 package (/system/package/enable ipv6, then reboot), or set MIKROTIK_IPV6=false';
    this.#log.warn({ trap, hint }, 'the router has no IPv6: IPv6 decisions are left out');
  }

  #noteResource(resource: Resource): void {
    this.#resource = resource;
    this.#resourceAt = this.#clock.now();
    const limit = this.#limit();
    if (limit === undefined || limit === this.#saidLimit) return;
    this.#saidLimit = limit;
    const fields = { totalMemoryBytes: resource.totalMemory, maxEntries: limit };
    this.#log.info(fields, 'the router is small: the number of entries is limited; MAX_ENTRIES sets another limit');
  }

  /** What a small router should be given at most, unless the user has set a limit. */
  #limit(): number | undefined {
    const isSet = this.#settings.maxEntries !== undefined;
    return isSet || !this.#resource ? undefined : entriesFor(this.#resource.totalMemory);
  }

  /** True when the uptime went back; what it should have grown to since it was read last counts while we were away. */
  async #hasRebooted(wasAway: boolean, link: Link, signal: AbortSignal): Promise<boolean> {
    const before = this.#resource;
    const elapsed = wasAway ? ((this.#clock.now() - this.#resourceAt) / 1000) * UPTIME_SHARE : 0;
    const resource = await readResource(link, signal);
    this.#noteResource(resource);
    return resource.uptime + UPTIME_SLACK_SECONDS < (before?.uptime ?? Infinity) + elapsed;
  }

  #keepsRules(): boolean {
    const { manageRules, dryRun } = this.#settings;
    return manageRules && !dryRun && !this.#purged;
  }

  /** Puts rules of ours right where they are not, and looks now and then whether the rules stop what is in the list. */
  async #lookAtRules(link: Link, signal: AbortSignal): Promise<void> {
    if (this.#keepsRules()) {
      const rules = managedRulesOf(this.#settings);
      await keepRules(link, this.#families, rules, this.#log, !this.#rulesKept, signal);
      this.#rulesKept = true;
    }
    await this.#watch.look(link, this.#families, signal);
  }
}
