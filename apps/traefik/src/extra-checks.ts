import { failed, passed, stepOf, warned, type CheckStep, type ExtraCheckContext, type Settings } from '@bouncer/target';
import type { TraefikValues } from './config.ts';
import { lint, readSource, type LintOptions } from './lint/lint.ts';
import type { Use } from './lint/extract.ts';
import { newestPlugin } from './options/plugin-table.ts';
import type { Version } from './options/version.ts';
import type { LintFinding } from './lint/lint-finding.ts';
import { countLosses, printLosses } from './lint/stream-losses.ts';
import { pluginConcerns } from './plugin/plugin-lapi.ts';
import { effectiveOptions } from './plugin/plugin-options.ts';
import { TypedOptions } from './options/typed-options.ts';
import { probeSteps } from './running/probe-steps.ts';
import { runningSteps } from './running/running-steps.ts';
import { readerSteps } from './plugin/readers.ts';
import { validateOptions } from './options/validate.ts';

/** The options of `check` that only this connector has. */
export const checkOptions = [
  { flags: '--file <path...>', help: "look at these files, too: Traefik's configuration, compose files, labels" },
] as const;

/** What TRAEFIK_VERSION is by default. */
const DEFAULT_TRAEFIK: Version = [3, 7, 0];

interface OfflineContext {
  readonly values: Partial<Pick<TraefikValues, 'version' | 'pluginVersion'>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The part of ExtraCheckContext that is needed, with our own values. */
export type CheckContext = Omit<ExtraCheckContext<Settings>, 'values'> & { readonly values: TraefikValues };

/** What the plugin would make of the options and of LAPI's decisions; then the files that the user names. */
export async function* extraChecks(context: CheckContext): AsyncIterable<CheckStep> {
  const { values, options } = context;
  const { steps, uses } = lintFiles(filesOf(options), { traefik: values.version, plugin: values.pluginVersion });
  yield* steps;
  if (values.apiUrl !== undefined) yield* runningSteps(values.apiUrl, values.middleware, context.signal);
  if (values.probeUrl !== undefined) yield* probeSteps(values.probeUrl, context);
  if (values.mode === 'plugin') {
    yield* ownAdvice(values);
    yield* readerSteps(values);
    for (const concern of pluginConcerns(values, true)) yield stepOf('plugin', concern);
  }
  const streams = uses.filter(isStream);
  const isOwnStream =
    values.mode === 'plugin' && new TypedOptions(effectiveOptions(values)).text('crowdsecMode') === 'stream';
  if (streams.length > 0 || isOwnStream) yield await lossStep(context, streams[0]?.path);
}

/** The files alone, for somebody who has no connector yet. */
export function offlineChecks({ values, options }: OfflineContext): AsyncIterable<CheckStep> | undefined {
  const files = filesOf(options);
  if (files.length === 0) return undefined;
  const { version = DEFAULT_TRAEFIK, pluginVersion = newestPlugin } = values;
  const { steps, uses } = lintFiles(files, { traefik: version, plugin: pluginVersion });
  return stepsOf([...steps, ...uses.filter(isStream).slice(0, 1).map(unseenRanges)]);
}

// eslint-disable-next-line @typescript-eslint/require-await -- what the doctor takes is asynchronous
async function* stepsOf(steps: readonly CheckStep[]): AsyncGenerator<CheckStep> {
  yield* steps;
}

function unseenRanges({ path }: Use): CheckStep {
  const seen = `${path}: in stream mode the plugin compares single addresses only, and bans of whole networks get through: how many there are cannot be seen without LAPI`;
  return warned('ranges', seen, 'use forward-auth, which enforces them all');
}

function filesOf(options: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(options['file']) ? options['file'].map(String) : [];
}

function isStream({ options }: Use): boolean {
  return new TypedOptions(options).text('crowdsecMode', 'live') === 'stream';
}

function lintFiles(
  files: readonly string[],
  versions: LintOptions,
): { readonly steps: readonly CheckStep[]; readonly uses: readonly Use[] } {
  const { findings, uses } = lint(files.map(readSource), versions);
  const clean = files.filter((each) => !findings.some(({ path }) => path === each));
  const steps = [...findings.map(lintStep), ...clean.map((path) => passed('lint', `${path}: nothing found`))];
  return { steps, uses };
}

function lintStep({ level, rule, path, line, seen, fix }: LintFinding): CheckStep {
  const place = line > 0 ? `${path}:${line}` : path;
  const text = `${place}: ${seen} (${rule})`;
  return level === 'advice' ? warned('lint', text, fix) : failed('lint', text, fix);
}

function* ownAdvice(values: TraefikValues): Generator<CheckStep> {
  const advice = validateOptions(effectiveOptions(values), values.pluginVersion);
  for (const { seen, fix } of advice) yield warned('options', seen, fix);
  if (advice.length === 0) yield passed('options', 'the plugin takes them, and no trap is known');
}

/** Counted from what LAPI holds. A file of the user's that promises more than it does is a failure; our own choice a warning. */
async function lossStep({ decisions, signal }: CheckContext, path: string | undefined): Promise<CheckStep> {
  const losses = await countLosses(decisions(signal));
  const lost = printLosses(losses);
  if (lost === undefined) return passed('ranges', `all ${losses.total} decisions are single addresses`);
  const seen = `of ${losses.total} decisions in LAPI the plugin will not enforce in stream mode: ${lost}`;
  const fix = 'use TRAEFIK_MODE=forwardauth, which enforces them all';
  return path === undefined ? warned('ranges', seen, fix) : failed('ranges', `${path}: ${seen}`, fix);
}
