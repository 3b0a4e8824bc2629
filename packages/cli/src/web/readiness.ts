import type { Clock, GuardStatus } from '@bouncer/stream';
import { OVER_LIMIT, type ControllerStatus } from '@bouncer/engine';

/** Healthy or ready, and if not, why: for people who read the answer of a probe. */
export interface Verdict {
  readonly ok: boolean;
  readonly reasons: readonly string[];
}

/** The event loop counts as stuck after this many milliseconds without a beat. */
const maxPauseMs = 60_000;
/** The poll loop counts as stuck this many milliseconds after a pull was due: a full pull may take 120 s. */
const maxPullMs = 180_000;

/** Tells whether the process is alive and its loops turn. The server beats it every few seconds. */
export class Heartbeat {
  readonly #clock: Clock;
  #beatAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beatAt = clock.now();
  }

  beat(): void {
    this.#beatAt = this.#clock.now();
  }

  verdict(status: ControllerStatus): Verdict {
    const reasons: string[] = [];
    if (this.#clock.now() - this.#beatAt > maxPauseMs) reasons.push('the event loop is stuck');
    const late = this.#clock.wall() - (status.stream.nextPullAt ?? Infinity);
    if (late > maxPullMs) reasons.push(`the next pull of LAPI is ${Math.round(late / 1000)} s overdue`);
    return { ok: reasons.length === 0, reasons };
  }
}

/**
 * Whether the protection is what it should be. The controller decides; the reasons explain it. A list that was cut to
 * MAX_ENTRIES is as it should be, and told nevertheless.
 */
export function readiness(status: ControllerStatus, clock: Clock): Verdict {
  if (status.ready) return { ok: true, reasons: cutLists(status) };
  const { stream, targets } = status;
  const reasons: string[] = [];
  if (stream.state === 'unasked') {
    // Nothing is known of LAPI, and nothing asked.
  } else if (stream.lastPullAt === undefined) reasons.push('LAPI has not answered yet');
  else if (stream.lastError?.kind === 'malformed' || stream.lastError?.kind === 'protocol') {
    reasons.push(
      `the last answer of LAPI was not understood, the last good pull is ${secondsSince(stream.lastPullAt, clock)} s old`,
    );
  } else if (stream.state !== 'ok') {
    reasons.push(`the last pull of LAPI failed, the last good one is ${secondsSince(stream.lastPullAt, clock)} s old`);
  }
  if (stream.guard) reasons.push(heldRemovals(stream.guard));
  for (const { name, state, refused, guard, skipped, isFull = false } of targets) {
    if (state === 'dry-run' && targets.some((other) => other.state !== 'dry-run')) continue;
    if (state !== 'in-step') reasons.push(`${name} is ${state}`);
    if (refused > 0) reasons.push(`${name} refused ${refused} entries`);
    if (isFull) reasons.push(`${name} is full: ${skipped[OVER_LIMIT] ?? 0} entries are left out`);
    if (guard) reasons.push(`${name}: ${heldRemovals(guard)}`);
  }
  if (reasons.length === 0 && stream.lastPullAt !== undefined) {
    reasons.push(`the last pull of LAPI is ${secondsSince(stream.lastPullAt, clock)} s old`);
  }
  return { ok: false, reasons };
}

function heldRemovals({ removals, held, until }: GuardStatus): string {
  const moment = new Date(until).toISOString().replace(/\.\d+Z/, 'Z');
  return `${removals} removals of ${held} entries are held until ${moment} at the earliest, and until GET /v1/decisions agrees`;
}

function cutLists({ targets }: ControllerStatus): string[] {
  return targets.flatMap(({ name, skipped }) => {
    const count = skipped[OVER_LIMIT] ?? 0;
    return count === 0 ? [] : [`${name}: ${count} entries are left out, ${OVER_LIMIT}`];
  });
}

function secondsSince(at: number, clock: Clock): number {
  return Math.max(0, Math.round((clock.wall() - at) / 1000));
}
