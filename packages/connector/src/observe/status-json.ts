import type { OriginCount } from '@bouncer/stream';
import type { ChangeEvent, ControllerStatus, ErrorNote } from '../reconcile/status.ts';
import { readiness } from './readiness.ts';
import type { StatusSource } from './status-source.ts';

/** What /status.json and the page show. Times are wall-clock milliseconds since the epoch. */
export interface StatusReport extends ControllerStatus {
  readonly title: string;
  readonly type: string;
  readonly version: string;
  /** When this was written. */
  readonly now: number;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
  /** Networks to block. */
  readonly blocked: number;
  /** The same by origin and family. */
  readonly counts: readonly OriginCount[];
  /** Newest first. */
  readonly changes: readonly ChangeEvent[];
}

/** The status now. Known secrets are hidden in the one place where foreign text comes in: messages of errors. */
export function statusReport(source: StatusSource): StatusReport {
  const { title, type, version, clock, set, hide = unchanged } = source;
  const status = source.status();
  const clean = <T extends { readonly lastError?: ErrorNote }>(part: T): T =>
    part.lastError
      ? {
          ...part,
          lastError: { ...part.lastError, message: hide(part.lastError.message), hint: hide(part.lastError.hint) },
        }
      : part;
  return {
    title,
    type,
    version,
    now: clock.wall(),
    startedAt: status.startedAt,
    ready: status.ready,
    reasons: readiness(status, clock).reasons,
    blocked: set.size,
    counts: [...set.counts()].sort((left, right) => right.count - left.count),
    stream: clean(status.stream),
    targets: status.targets.map(clean),
    changes: source.changes?.() ?? [],
  };
}

function unchanged(text: string): string {
  return text;
}
