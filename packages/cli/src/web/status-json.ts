import type { PageStatus } from '@bouncer/status-page';
import type { ErrorNote } from '@bouncer/engine';
import type { Drops } from '../metrics/drop-watch.ts';
import { heldByOrigin, heldEverywhere } from './held.ts';
import type { StatusSource } from './status-source.ts';
import { verdict } from './verdict.ts';

/** Scenarios that are named; the page shows the rest as one. */
const scenariosNamed = 12;
/** Values named for each reason of passing over. */
const examplesNamed = 5;

/**
 * The status now, as the page and /status.json show it. Known secrets are hidden in the one place where foreign text comes
 * in: messages of errors. O(origins + scenarios), and O(held) while a
 * device does not hold the whole set: for whoever looks.
 */
export function statusReport(source: StatusSource, drops: Drops): PageStatus {
  const { title, type, version, clock, set, hide = unchanged } = source;
  const status = source.status();
  const { startedAt, ready, stream, targets } = status;
  const now = clock.wall();
  const { verdict: word, reasons } = verdict(status, now);
  const clean = <T extends { readonly lastError?: ErrorNote }>(part: T): T =>
    part.lastError
      ? {
          ...part,
          lastError: { ...part.lastError, message: hide(part.lastError.message), hint: hide(part.lastError.hint) },
        }
      : part;
  const { nextPullAt } = stream;
  return {
    title,
    type,
    version,
    now,
    startedAt,
    ready,
    verdict: word,
    reasons: reasons.map(hide),
    blocked: heldEverywhere(targets),
    wanted: set.size,
    counts: [...heldByOrigin(source)].sort((left, right) => right.count - left.count),
    scenarios: set.topScenarios(scenariosNamed),
    skippedExamples: examples(source.skippedValues?.() ?? []),
    stream: {
      ...clean(stream),
      // Worked out from two clocks, it would differ by a fraction at each look.
      ...(nextPullAt !== undefined && { nextPullAt: Math.round(nextPullAt / 1000) * 1000 }),
    },
    targets: targets.map((target) => ({
      ...clean(target),
      concerns: target.concerns.map(({ level, seen, fix }) => ({ level, seen: hide(seen), fix: hide(fix) })),
    })),
    drops: [...drops].flatMap(([target, counters]) => counters.map((each) => ({ target, ...each }))),
  };
}

function examples(skipped: readonly { readonly value: string; readonly reason: string }[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { value, reason } of skipped) {
    const values = (found[reason] ??= []);
    if (values.length < examplesNamed && !values.includes(value)) values.push(value);
  }
  return found;
}

function unchanged(text: string): string {
  return text;
}
