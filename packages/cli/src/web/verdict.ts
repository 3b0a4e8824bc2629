import type { StreamStatus } from '@bouncer/stream';
import { span } from '@bouncer/status-page';
import type { PageVerdict } from '@bouncer/status-page';
import { OVER_LIMIT, type ControllerStatus, type TargetStatus } from '@bouncer/engine';
import { grouped } from './grouped.ts';
import { heldEverywhere } from './held.ts';

/** Whether banned addresses are stopped now, and what is to be said about it in sentences without a full stop. */
export interface Protection {
  readonly verdict: PageVerdict;
  readonly reasons: readonly string[];
}

/** News older than so many poll intervals is stale. */
const freshIntervals = 3;
/** Nothing counts as late before so many milliseconds: a machine may be busy for that long. */
const minGraceMs = 5000;
/** A pull that has not failed yet may take its time, in milliseconds; then nobody believes in it any more. */
const maxPullMs = 120_000;

/** How one part stands; the order is from best to worst. */
type Standing = 'protects' | 'dry-run' | 'starts' | 'partly' | 'fails';

interface Judged {
  readonly standing: Standing;
  readonly reasons: readonly string[];
}

/**
 * The one place that decides what the page, /status.json and `check` call the protection. `protecting` is said only when it
 * was seen: LAPI's news is fresh, some decision passes, every device holds all it should and no device knows why a banned
 * address may get through. `now` in wall-clock milliseconds.
 */
export function verdict(status: ControllerStatus, now: number): Protection {
  const grace = Math.max(minGraceMs, freshIntervals * status.updateFrequency * 1000);
  const lapi = judgeStream(status, now, grace);
  const targets = status.targets.map((target) => judgeTarget(target, now, grace));
  const reasons = [lapi, ...targets].flatMap((part) => part.reasons);
  const word = wordFor(lapi.standing, new Set(targets.map(({ standing }) => standing)));
  return { verdict: word, reasons: status.targets.length === 0 ? ['there is no target', ...reasons] : reasons };
}

function wordFor(lapi: Standing, targets: ReadonlySet<Standing>): PageVerdict {
  const only = (...standings: readonly Standing[]): boolean => [...targets].every((each) => standings.includes(each));
  if (targets.size > 0 && only('dry-run')) return 'dry-run';
  if (lapi === 'fails' || only('fails', 'dry-run')) return 'not-protecting';
  if (lapi === 'starts') return 'starting';
  // Nothing protects yet, and not all of it can be trusted to come.
  if (targets.has('fails') && !targets.has('protects') && !targets.has('partly')) return 'not-protecting';
  if (targets.has('starts') && !targets.has('fails')) return 'starting';
  return lapi === 'protects' && only('protects') ? 'protecting' : 'partly';
}

function judgeStream(status: ControllerStatus, now: number, grace: number): Judged {
  const { stream, startedAt } = status;
  // Somebody else asks, and blocks: what that one does is for the targets to tell.
  if (stream.state === 'unasked') return { standing: 'protects', reasons: [] };
  const why = stream.lastError ? `: ${stream.lastError.message}` : '';
  if (stream.lastPullAt === undefined) {
    const age = now - startedAt;
    if (stream.state === 'failing' && age > grace) {
      return { standing: 'fails', reasons: [`LAPI has never answered since the start, ${span(age)} ago${why}`] };
    }
    if (age > grace + maxPullMs) {
      return { standing: 'fails', reasons: [`the first pull of LAPI has not ended for ${span(age)}`] };
    }
    return { standing: 'starts', reasons: [`LAPI has not answered yet${why}`] };
  }
  const age = now - stream.lastPullAt;
  if (age > grace && (stream.state === 'failing' || age > grace + maxPullMs)) {
    return { standing: 'fails', reasons: [`no news from LAPI for ${span(age)}${why}; ${stays(status)}`] };
  }
  if (age > grace) return { standing: 'partly', reasons: [`the last news from LAPI is ${span(age)} old`] };
  if (stream.state === 'failing') {
    const reasons = [`the last pull of LAPI failed, the last good one is ${span(age)} old${why}`];
    return { standing: isMisunderstood(stream) ? 'partly' : 'protects', reasons };
  }
  return judgeAnswer(stream);
}

/** What LAPI said, once it is fresh. */
function judgeAnswer(stream: StreamStatus): Judged {
  const nothing = noneOf(stream);
  if (nothing !== undefined) return { standing: 'fails', reasons: [nothing] };
  const odd = stream.skipped['malformed'] ?? 0;
  if (odd > 0) return { standing: 'partly', reasons: [`${plural(odd, 'decision')} of LAPI could not be parsed`] };
  const notes = stream.decisions === 0 ? ['LAPI has no decisions at present: nothing is banned'] : [];
  if (stream.guard) notes.push(heldBack('LAPI', stream.guard.removals));
  return { standing: 'protects', reasons: notes };
}

/** Why nothing is blocked although LAPI has decisions; undefined when something passes, or when there is nothing. */
function noneOf({ seen, skipped, decisions }: StreamStatus): string | undefined {
  if (decisions > 0) return undefined;
  if (seen !== undefined && seen.decisions > 0 && seen.passed === 0) {
    const total = plural(seen.decisions, 'decision');
    return `none of ${total} passes the filter; origins seen: ${names(seen.origins)}; types seen: ${names(seen.types)}`;
  }
  // A decision that has ended, or whose shape is not understood, says nothing about the filter.
  const passedOver = Object.entries(skipped).filter(([reason]) => reason !== 'expired' && reason !== 'malformed');
  const total = passedOver.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  return `none of ${plural(total, 'decision')} passes the filter: ${names(Object.fromEntries(passedOver))}`;
}

/** LAPI answered, and what it said was no list of decisions: nobody knows what is banned since. */
function isMisunderstood({ lastError }: StreamStatus): boolean {
  return lastError?.kind === 'malformed' || lastError?.kind === 'protocol';
}

function judgeTarget(target: TargetStatus, now: number, grace: number): Judged {
  const { name, state, guard, concerns } = target;
  const notes = concerns.map(({ seen }) => `${name}: ${seen}`);
  if (guard) notes.push(heldBack(name, guard.removals));
  const standing = (word: Standing, ...reasons: readonly string[]): Judged => ({
    standing: word,
    reasons: [...reasons, ...notes],
  });
  if (state === 'dry-run') return standing('dry-run', `${name}: dry run, nothing is written`);
  const down = downReason(target);
  if (down !== undefined) return standing('fails', down);
  if (concerns.some(({ level }) => level === 'fail')) return standing('fails');
  if (target.lastSeenAt === undefined && state !== 'in-step') return standing('starts', progress(target));
  const short = shortfalls(target, now, grace);
  const isWhole = short.length === 0 && concerns.every(({ level }) => level === 'unseen');
  return standing(isWhole ? 'protects' : 'partly', ...short, ...leftByChoice(target));
}

function heldBack(name: string, removals: number): string {
  return `${name}: ${grouped(removals)} removals are held back until they are confirmed; all stays blocked`;
}

/** Why the device is not being kept in step; undefined when it is. */
function downReason({ name, state, lastError, held }: TargetStatus): string | undefined {
  const why = lastError ? `: ${lastError.message}` : '';
  const keeps = held > 0 ? `; the ${grouped(held)} it held last stay until their own end` : '';
  if (state === 'stopped') return `${name} is stopped`;
  if (state === 'refused') return `${name} refuses the login or lacks what is needed${why}${keeps}`;
  // Between two tries it is no better than away.
  if (state === 'away' || (state === 'connecting' && lastError)) return `${name} does not answer${why}${keeps}`;
  return undefined;
}

function progress({ name, state, held, desired }: TargetStatus): string {
  if (state === 'connecting') return `${name}: connecting`;
  return `${name}: being loaded, ${grouped(held)} of ${grouped(desired)} are blocked`;
}

/** Reasons of left-out entries that a person chose: told, but no lack of the device. */
const chosen: ReadonlySet<string> = new Set(['address family is switched off']);

function shortfalls(target: TargetStatus, now: number, grace: number): readonly string[] {
  const { name, state, desired, held, limit, skipped, refused, lastSeenAt = now } = target;
  const reasons: string[] = [];
  const overLimit = skipped[OVER_LIMIT] ?? 0;
  if (overLimit > 0) {
    const cap = limit === undefined ? '' : ` (or the device's own limit) is ${grouped(limit)}`;
    reasons.push(`${name}: ${grouped(held)} of ${grouped(desired + overLimit)} are blocked: MAX_ENTRIES${cap}`);
  }
  for (const [reason, count] of Object.entries(skipped)) {
    if (count > 0 && reason !== OVER_LIMIT && !chosen.has(reason)) {
      reasons.push(`${name}: ${plural(count, 'entry', 'entries')} left out: ${reason}`);
    }
  }
  if (refused > 0) reasons.push(`${name} refused ${plural(refused, 'entry', 'entries')}`);
  const isLate = now - lastSeenAt > grace;
  if (state !== 'in-step' && isLate) reasons.push(`${name}: out of step for ${span(now - lastSeenAt)}`);
  else if (held < desired - refused && isLate)
    reasons.push(`${name}: ${grouped(held)} of ${grouped(desired)} are blocked`);
  return reasons;
}

function leftByChoice({ name, skipped }: TargetStatus): readonly string[] {
  return Object.entries(skipped)
    .filter(([reason, count]) => count > 0 && chosen.has(reason))
    .map(([reason, count]) => `${name}: ${plural(count, 'entry', 'entries')} left out: ${reason}`);
}

function stays(status: ControllerStatus): string {
  const held = heldEverywhere(status.targets);
  return held === 0 ? 'nothing is blocked' : `what is blocked (${grouped(held)}) stays blocked until its own end`;
}

/** The most frequent first; free text of LAPI's, so neither many nor long. */
function names(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, left], [, right]) => right - left);
  const shown = sorted.slice(0, 8).map(([name, count]) => `${name.slice(0, 60)} ${grouped(count)}`);
  return sorted.length > shown.length ? `${shown.join(', ')}, ...` : shown.join(', ');
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
