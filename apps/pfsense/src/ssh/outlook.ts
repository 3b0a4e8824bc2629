import { concernsOf, type Concern, type Logger, type TargetFacts } from '@bouncer/target';
import type { FirewallSettings } from './firewall-settings.ts';
import { isRuleLost, judge } from './judge.ts';
import type { Report, TableReport } from './report.ts';

/** A filter reload that did not bring the rule is not tried again sooner. Milliseconds. */
const RELOAD_INTERVAL_MS = 60 * 60_000;

/** What a running connector knows of its firewall beyond the list: put together from long and short reports. */
export class Outlook {
  readonly #settings: FirewallSettings;
  readonly #log: Logger;
  #saidNoRule = false;
  #report: Report | undefined;
  #concerns: readonly Concern[] | undefined;
  /** Checksum of pf's rules at the last long report. */
  #factsSum = '';
  #reloadedAt = -Infinity;
  /** Open connections of a banned address could not be ended. */
  statesGoOn = false;

  constructor(settings: FirewallSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  get report(): Report | undefined {
    return this.#report;
  }

  /** The table of the alias, as last seen. */
  get table(): TableReport | undefined {
    return this.#report?.tables.get(this.#settings.alias);
  }

  /** Takes a report; what a short one does not tell is as it was. */
  note(report: Report): void {
    this.#concerns = undefined;
    if (report.full) this.#factsSum = report.sum;
    const { version, alias, emptyAliases, configured, interfaces, nat, filter } = report.full
      ? report
      : (this.#report ?? report);
    this.#report = { ...report, entries: [], version, alias, emptyAliases, configured, interfaces, nat, filter };
    this.#tellNoRule();
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

  /** Numbers about the firewall for page and metrics. */
  facts(): TargetFacts {
    const report = this.#report;
    return {
      ...(report && { version: report.version || 'unknown' }),
      ...(report?.tableEntries !== undefined && { table_entries_limit: report.tableEntries }),
      ...(this.table && { rules: this.table.rules }),
    };
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

  #tellNoRule(): void {
    const isLost = this.table?.rules === 0;
    if (isLost && !this.#saidNoRule) {
      this.#log.warn(
        { alias: this.#settings.alias },
        'no rule of the firewall uses the alias: the list is kept, but nothing is blocked; see `setup`',
      );
    }
    this.#saidNoRule = isLost;
  }

  #judge(): readonly Concern[] {
    if (!this.#report) return [];
    return concernsOf(judge(this.#report, this.#settings, this.#reloadedAt === -Infinity));
  }
}
