import { nearest } from '@bouncer/target';
import { isAtLeast, printVersion } from './version.ts';
import type { Version } from './version.ts';
import { advice, refused, trap } from './finding.ts';
import type { Finding, OptionValue } from './finding.ts';
import { limitsOf, pluginOption, pluginOptions } from './option-table.ts';
import type { OptionLimits, PluginOption } from './option-table.ts';
import { pemProblem } from './pem.ts';
import { decodeBoolean, decodeInteger } from './typed-options.ts';

/** What the plugin lets through for keys: `+-.` in its regular expression is a range, so a comma passes. */
export const keyPattern = /^[a-zA-Z0-9 !#$%&'*+,\-.^_`|~=/]*$/;

/** What can be told of one option alone. */
export function* checkOption(name: string, value: OptionValue, version: Version): Generator<Finding> {
  const option = pluginOption(name);
  if (!option) {
    yield unknownOption(name);
    return;
  }
  if (!isAtLeast(version, option.since)) {
    const seen = `${option.name} is known since ${printVersion(option.since)}; ${printVersion(version)} silently ignores it`;
    yield trap('option-too-new', seen, `use plugin ${printVersion(option.since)} or newer, or leave it out`);
    return;
  }
  const limits = limitsOf(option, version);
  if (limits.isDeprecated) {
    const better = option.name.replace('Html', '');
    yield advice('deprecated-option', `${option.name} is an old name of ${better}`, `write ${better}`);
  }
  yield* checkValue(option, limits, value, version);
}

function unknownOption(name: string): Finding {
  const guess =
    name.toLowerCase() === 'enable'
      ? 'enabled'
      : nearest(
          name,
          pluginOptions.map((each) => each.name),
        );
  const fix = guess === undefined ? 'leave it out' : `did you mean ${guess}?`;
  return trap('unknown-option', `${name} is no option of the plugin and is silently ignored`, fix);
}

function* checkValue(
  option: PluginOption,
  limits: OptionLimits,
  value: OptionValue,
  version: Version,
): Generator<Finding> {
  const { name, kind, secret } = option;
  const shown = secret ? '' : ` (${JSON.stringify(value).slice(0, 60)})`;
  if (kind !== 'list' && typeof value !== 'string') {
    yield refused('wrong-type', `${name} is a list`, `give ${name} one value`);
    return;
  }
  if (kind === 'boolean' && decodeBoolean(value) === undefined) {
    yield refused('wrong-type', `${name} is neither true nor false${shown}`, 'write true or false');
  }
  if (kind === 'integer') yield* checkInteger(name, limits, value, shown);
  if (kind !== 'text' || typeof value !== 'string') return;
  if (value !== value.trim() && !isTrimmed(name)) {
    yield refused('blanks', `${name} begins or ends with a blank, and the plugin takes it as it is`, 'take it out');
    return;
  }
  if (limits.words) yield* checkWord(name, limits, value, version);
  if (option.pem && value.trim() !== '' && !isReference(value)) {
    const problem = pemProblem(value, secret === true ? 'key' : 'certificate');
    const fix = `put the path into ${name}File, or the text of the file here`;
    if (problem !== undefined) yield refused('pem-expected', `${name} holds no ${problem}`, fix);
  }
  if (/^crowdsec(?:Lapi|Appsec)Key$/.test(name) && !isReference(value) && !keyPattern.test(value.trim())) {
    yield refused(
      'bad-key',
      `${name} holds a character that no key has`,
      'paste the key anew, without quotes around it',
    );
  }
}

/** True for values that the plugin trims itself: all that may stand in a file as well. */
function isTrimmed(name: string): boolean {
  return pluginOption(`${name}File`) !== undefined;
}

function* checkInteger(
  name: string,
  { min = -Infinity, max = Infinity }: OptionLimits,
  value: OptionValue,
  shown: string,
): Generator<Finding> {
  const number = decodeInteger(value);
  if (number === undefined) {
    yield refused('wrong-type', `${name} is no whole number${shown}`, `write ${name} in digits, without a unit`);
  } else if (number < min || number > max) {
    const limits = max === Infinity ? `${min} or more` : `${min} to ${max}`;
    yield refused('out-of-range', `${name} is out of range${shown}`, `give ${name} a number of ${limits}`);
  }
}

function* checkWord(
  name: string,
  { words = [], isAnyCase }: OptionLimits,
  value: string,
  version: Version,
): Generator<Finding> {
  if (words.includes(isAnyCase ? value.toUpperCase() : value)) return;
  const isLevel = name === 'logLevel';
  if (!isLevel && isReference(value)) return;
  const accepted = words.filter((each) => each !== '').join(', ');
  const finding = name === 'logFormat' ? trap : refused;
  const seen = `${name} ${JSON.stringify(value.slice(0, 40))} is not known to ${printVersion(version)}`;
  yield finding(isLevel ? 'log-level' : 'unknown-word', seen, `write one of ${accepted}`);
}

/**
 * A value that Traefik fills in: the file provider from its environment (meant as a template, and harmless as one), the CRD
 * provider from a Secret.
 */
export function isReference(value: string): boolean {
  return /^(?:\{\{ ?env "[A-Za-z_][A-Za-z0-9_]{0,63}" ?\}\}|urn:k8s:secret:[a-z0-9.-]+:[\w.-]+)$/.test(value);
}
