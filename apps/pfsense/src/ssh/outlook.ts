import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from './firewall-settings.ts';
import { isRuleLost, judge } from './judge.ts';
import type { Report } from './report.ts';

/** A filter reload that did not bring the rule is not tried again sooner. Milliseconds. */
const RELOAD_INTERVAL_MS = 60 * 60_000;

/** What a running connector knows of its firewall beyond the list: put together from long and short reports. */
export class Outlook {
  readonly #settings: FirewallSettings;
  #report: Report | undefined;
  #concerns: readonly Concern[] | undefined;
  /** Checksum of pf's rules at the last long report. */
  #factsSum = '';
  #reloadedAt = -Infinity;
  /** Open connections of a banned address could not be ended. */
  statesGoOn = false;

  constructor(settings: FirewallSettings) {
    this.#settings = settings;
  }

  get report(): Report | undefined {
    return this.#report;
  }

  /** Takes a report; what a short one does not tell is as it was. */
  note(report: Report): void {
    this.#concerns = undefined;
    if (report.full) this.#factsSum = report.sum;
    const { version, alias, emptyAliases, configured, interfaces, nat, filter } = report.full
      ? report
      : (this.#report ?? report);
    this.#report = { ...report, entries: [], version, alias, emptyAliases, configured, interfaces, nat, filter };
  }

  /** True when pf has other rules than those that were told. */
  isOutdated({ full, sum }: Report): boolean {
    return !full && sum !== this.#factsSum;
  }

  /**
   * True when a filter reload is due: pfSense has left the rule out, since the alias had no file or an empty one when the
   * rules were loaded. Once an hour at most.
   */
  reloadIsDue(now: number): boolean {
    const report = this.#report;
    if (!this.#settings.file || !report || now < this.#reloadedAt + RELOAD_INTERVAL_MS) return false;
    return report.line === '' || isRuleLost(report, this.#settings);
  }

  reloaded(now: number): void {
    this.#reloadedAt = now;
  }

  forget(): void {
    this.#report = undefined;
    this.#concerns = undefined;
    this.#factsSum = '';
  }

  concerns(): readonly Concern[] {
    this.#concerns ??= this.#judge();
    if (!this.statesGoOn) return this.#concerns;
    const seen = 'open connections of newly banned addresses could not be ended';
    return [
      ...this.#concerns,
      { level: 'warn', seen, fix: 'Diagnostics > States > Reset States; see the log for why' },
    ];
  }

  #judge(): Concern[] {
    if (!this.#report) return [];
    const steps = judge(this.#report, this.#settings, this.#reloadedAt === -Infinity);
    return steps.flatMap(({ level, seen, fix = '' }) => (level === 'ok' ? [] : [{ level, seen, fix }]));
  }
}
