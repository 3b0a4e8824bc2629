import type {
  PageChange as Change,
  PageError,
  PageLookup,
  PageStatus as Report,
  PageTarget,
} from '@bouncer/status-page';
import { span, visible } from '@bouncer/status-page';
import { grouped } from './grouped.ts';
import { lookupText } from './lookup-text.ts';

const verdicts: Readonly<Record<Report['verdict'], string>> = {
  protecting: 'Protecting',
  partly: 'Partly protecting',
  'not-protecting': 'Not protecting',
  starting: 'Starting',
  'dry-run': 'Dry run',
};

const states: Readonly<Partial<Record<PageTarget['state'], string>>> = {
  refused: 'refuses the login, or lacks what is needed',
  'dry-run': 'dry run: nothing is written',
};

/**
 * The facts of the page as plain text, for terminals and browsers without scripts, and the only page in a checkout where
 * the other has not been built. Whatever a device or LAPI calls itself stays on its line.
 */
export function statusText(report: Report, changes: readonly Change[], lookup?: PageLookup): string {
  const { title, type, version, now, reasons } = report;
  const parts = [
    [
      `${verdicts[report.verdict]}: ${title}`,
      `${type} ${version}, up ${span(now - report.startedAt)}`,
      ...reasons.map((reason) => `- ${reason}`),
    ],
    lookup ? lookupText(lookup, now) : ['Look up an address: put ?ip=203.0.113.7 behind the address of this page.'],
    countsPart(report),
    lapiPart(report),
    ...report.targets.map((target) => targetPart(target, now)),
    changesPart(changes, now),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => visible(line)).join('\n'))
    .join('\n\n');
}

function lapiPart({ stream, now }: Report): string[] {
  const failures = Object.values(stream.failures).reduce((sum, count) => sum + count, 0);
  const { nextPullAt, lapiVersion } = stream;
  return [
    'CrowdSec LAPI',
    row('state', stream.state),
    row('last pull', ago(stream.lastPullAt, now)),
    row('last full pull', ago(stream.lastFullAt, now)),
    ...(nextPullAt === undefined ? [] : [row('next pull', nextPullAt > now ? `in ${span(nextPullAt - now)}` : 'now')]),
    row('pulls', stream.pulls),
    row('failures', failures),
    ...(lapiVersion === undefined ? [] : [row('version by its answers', lapiVersion)]),
    row('live decisions', stream.decisions),
    ...counted(stream.skipped, 'passed over'),
    ...errorLines(stream.lastError, now),
  ];
}

function targetPart(target: PageTarget, now: number): string[] {
  const { state, lastChange, guard, concerns, writes, roundTripSeconds } = target;
  return [
    target.name,
    row('state', states[state] ?? state),
    row('holds', `${grouped(target.held)} of ${grouped(target.desired)}`),
    row('last seen', ago(target.lastSeenAt, now)),
    ...(lastChange ? [row('last change', `${written(lastChange)}, ${ago(lastChange.at, now)}`)] : []),
    row('written since start', written(writes)),
    ...(target.refused > 0 ? [row('refused', target.refused)] : []),
    ...counted(target.skipped, 'left out'),
    ...(roundTripSeconds === undefined ? [] : [row('answers in', `${(roundTripSeconds * 1000).toFixed(0)} ms`)]),
    ...(target.failures > 0 ? [row('failures', target.failures)] : []),
    ...Object.entries(target.facts).map(([name, value]) =>
      row(name.replaceAll('_', ' '), typeof value === 'number' ? value : String(value)),
    ),
    ...(guard
      ? [
          `  ${grouped(guard.removals)} removals of ${grouped(guard.held)} entries are held until LAPI has agreed for some time, by both of its endpoints.`,
        ]
      : []),
    ...concerns.flatMap(({ level, seen, fix }) => [`  ${level}: ${seen}`, `  ${fix}`]),
    ...errorLines(target.lastError, now),
  ];
}

function countsPart({ counts, blocked, wanted }: Report): string[] {
  const origins = [...new Set(counts.map(({ origin }) => origin))];
  const count = (origin: string, family: 4 | 6): string =>
    grouped(counts.find((each) => each.origin === origin && each.family === family)?.count ?? 0);
  return [
    `${grouped(blocked)} of ${grouped(wanted)} networks are blocked`,
    ...origins.map((origin) => row(origin, `${count(origin, 4)} IPv4, ${count(origin, 6)} IPv6`)),
  ];
}

function changesPart(changes: readonly Change[], now: number): string[] {
  if (changes.length === 0) return [];
  return [
    'Last changes',
    ...changes.map(
      ({ at, action, network, origin, scenario, target }) =>
        `  ${ago(at, now)}: ${action} ${network} (${origin} ${scenario}), ${target}`,
    ),
  ];
}

function errorLines(error: PageError | undefined, now: number): string[] {
  if (!error) return [];
  const { message, hint, at } = error;
  return [`  ${message} (${ago(at, now)})`, ...(hint === '' ? [] : [`  ${hint}`])];
}

function counted(counts: Readonly<Record<string, number>>, what: string): string[] {
  return Object.entries(counts).map(([reason, count]) => row(`${what}: ${reason.replaceAll('-', ' ')}`, count));
}

function row(name: string, value: string | number): string {
  return `  ${name}: ${typeof value === 'number' ? grouped(value) : value}`;
}

function written({ created, updated, deleted }: PageTarget['writes']): string {
  return `+${grouped(created)} ~${grouped(updated)} -${grouped(deleted)}`;
}

function ago(at: number | undefined, now: number): string {
  return at === undefined ? 'never' : `${span(now - at)} ago`;
}
