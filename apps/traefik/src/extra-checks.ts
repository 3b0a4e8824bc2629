import { failed, passed, stepOf, warned, type CheckStep, type ExtraCheckContext, type Settings } from '@bouncer/target';
import type { TraefikValues } from './config.ts';
import { lint, readSource } from './lint/lint.ts';
import type { LintFinding } from './lint/lint-finding.ts';
import { countLosses, printLosses } from './lint/stream-losses.ts';
import { pluginConcerns } from './plugin/plugin-lapi.ts';
import { effectiveOptions } from './plugin/plugin-options.ts';
import { TypedOptions } from './plugin/typed-options.ts';
import { readerSteps } from './plugin/readers.ts';
import { validateOptions } from './plugin/validate.ts';

/** The options of `check` that only this connector has. */
export const checkOptions = [
  { flags: '--file <path...>', help: "look at these files, too: Traefik's configuration, compose files, labels" },
] as const;

/** The part of ExtraCheckContext that is needed, with our own values. */
export type CheckContext = Omit<ExtraCheckContext<Settings>, 'values'> & { readonly values: TraefikValues };

/** What the plugin would make of the options and of LAPI's decisions; then the files that the user names. */
export async function* extraChecks(context: CheckContext): AsyncIterable<CheckStep> {
  const { values, options } = context;
  const files = Array.isArray(options['file']) ? options['file'].map(String) : [];
  const result = lint(files.map(readSource), { traefik: values.version, plugin: values.pluginVersion });
  for (const finding of result.findings) yield lintStep(finding);
  for (const path of files.filter((each) => !result.findings.some((finding) => finding.path === each))) {
    yield passed('lint', `${path}: nothing found`);
  }
  if (values.mode === 'plugin') {
    yield* ownAdvice(values);
    yield* readerSteps(values);
    for (const concern of pluginConcerns(values, true)) yield stepOf('plugin', concern);
  }
  const streams = result.uses.filter((use) => new TypedOptions(use.options).text('crowdsecMode', 'live') === 'stream');
  const isOwnStream =
    values.mode === 'plugin' && new TypedOptions(effectiveOptions(values)).text('crowdsecMode') === 'stream';
  if (streams.length > 0 || isOwnStream) yield await lossStep(context, streams[0]?.path);
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
