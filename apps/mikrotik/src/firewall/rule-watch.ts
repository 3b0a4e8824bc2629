import { hintOf, messageOf, type Clock } from '@bouncer/stream';
import { concernsOf, type Concern, type Logger } from '@bouncer/target';
import type { Family } from '../address-list.ts';
import type { RouterSettings } from '../router-settings.ts';
import type { Link } from '../routeros/link.ts';
import { assessFirewall } from './assess.ts';

/** How often the rules are walked again. Milliseconds. */
const LOOK_INTERVAL_MS = 60_000;
/** A look may keep the router busy for this share of the time at most: 1/50. */
const SPARING = 50;

/** Looks now and then whether the router's rules stop what is in the list, and remembers what was wrong. */
export class RuleWatch {
  readonly #settings: RouterSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  #concerns: readonly Concern[] = [];
  #nextAt = -Infinity;

  constructor(settings: RouterSettings, clock: Clock, log: Logger) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
  }

  /** What was wrong at the last look. */
  get concerns(): readonly Concern[] {
    return this.#concerns;
  }

  /** Looks at the next call, however short ago the last look was. */
  reset(): void {
    this.#nextAt = -Infinity;
  }

  /** Looks when it is time. Throws when the connection is lost; a look that the router refuses is a concern itself. */
  async look(link: Link, present: readonly Family[], signal: AbortSignal): Promise<void> {
    const startedAt = this.#clock.now();
    if (startedAt < this.#nextAt) return;
    const concerns = await this.#read(link, present, signal);
    const now = this.#clock.now();
    this.#nextAt = startedAt + Math.max(LOOK_INTERVAL_MS, (now - startedAt) * SPARING);
    this.#tell(concerns);
    this.#concerns = concerns;
  }

  async #read(link: Link, present: readonly Family[], signal: AbortSignal): Promise<readonly Concern[]> {
    try {
      const steps = await assessFirewall(link, this.#settings, present, signal);
      return concernsOf(steps.map((each) => ({ ...each, seen: `${each.step}: ${each.seen}` })));
    } catch (error) {
      if (signal.aborted || link.error) throw error;
      const fix = hintOf(error) || 'look at /log/print on the router';
      return [{ level: 'warn', seen: `the firewall's rules could not be read: ${messageOf(error)}`, fix }];
    }
  }

  /** Only what is new: a concern that stays is not told each minute. */
  #tell(concerns: readonly Concern[]): void {
    const known = new Set(this.#concerns.map(({ level, fix }) => `${level} ${fix}`));
    for (const { level, seen, fix } of concerns) {
      if (known.has(`${level} ${fix}`)) continue;
      const text = level === 'fail' ? 'banned addresses get through' : 'banned addresses may get through';
      this.#log.warn({ seen, hint: fix }, text);
    }
    if (concerns.length === 0 && known.size > 0) this.#log.info({}, 'the rules stop what is in the list');
  }
}
