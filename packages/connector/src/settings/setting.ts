import type { Network } from '@bouncer/stream';
import { listOf } from './kind.ts';
import type { Kind } from './kind.ts';
import { fileKind, pathKind } from './kinds-file.ts';
import type { FileContent } from './kinds-file.ts';
import { fingerprintKind, hostListKind, listenKind, networkListKind, urlKind } from './kinds-net.ts';
import type { HostPort } from './kinds-net.ts';
import {
  booleanKind,
  choiceKind,
  durationKind,
  integerKind,
  percentKind,
  secretKind,
  textKind,
} from './kinds-plain.ts';
import type { Range, TextLimits } from './kinds-plain.ts';
import type { Secret } from './secret.ts';

/** What is said about a setting, whatever its kind. */
export interface SettingOptions {
  /** The variable: `MIKROTIK_HOST`. The YAML key follows from it: `mikrotik.host`. */
  readonly env: string;
  /** Other names for the same thing, kept for people who come from a peer. */
  readonly aliases?: readonly string[];
  /** In the words of the variable. Without it, and when not required, the value may be undefined. */
  readonly default?: string | number | boolean;
  /** True, or in words when it is: `unless a client certificate is given` (then `validate` has to see to it). */
  readonly required?: true | string;
  /** What the README says in the column `default` when the default is no plain value. */
  readonly defaultNote?: string;
  /** A YAML key for it beside the one that follows from its variable; on the top level. */
  readonly yaml?: string;
  /** One line for the README table. */
  readonly help: string;
  /** True for a setting that few people need: it stands in the connector's own README, not in the main table. */
  readonly special?: true;
}

/** One setting: its names, its kind and its default. `T` is the type of its value. */
export interface Setting<out T = unknown> extends SettingOptions {
  readonly kind: Kind<never>;
  readonly secret: boolean;
  /** Carries the type only; never set. */
  readonly valueType?: T;
}

/** The settings of a connector by the name that the code uses. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of settings. */
export type ValuesOf<S extends Settings> = { readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never };

type Maybe<T, O> = O extends { readonly default: string | number | boolean } | { readonly required: true }
  ? T
  : T | undefined;

function make<T, O extends SettingOptions>(options: O, kind: Kind<T>): Setting<Maybe<T, O>> {
  return { ...options, kind: kind as Kind<never>, secret: false };
}

function makeList<T>(options: SettingOptions, kind: Kind<readonly T[]>): Setting<readonly T[]> {
  return { ...options, default: options.default ?? '', kind: kind as Kind<never>, secret: false };
}

/** The builders of settings, one for each kind. */
export const setting = {
  /** Text on one line. */
  text: <const O extends SettingOptions & TextLimits>(options: O) => make<string, O>(options, textKind(options)),
  /** A password or key. Value: a Secret, to be asked at every use. */
  secret: <const O extends SettingOptions>(options: O): Setting<Maybe<Secret, O>> => ({
    ...options,
    kind: secretKind as Kind<never>,
    secret: true,
  }),
  boolean: <const O extends SettingOptions>(options: O) => make<boolean, O>(options, booleanKind),
  /** A whole number within limits, both included. */
  integer: <const O extends SettingOptions & Range>(options: O) => make<number, O>(options, integerKind(options)),
  port: <const O extends SettingOptions>(options: O) => make<number, O>(options, integerKind({ min: 1, max: 65535 })),
  percent: <const O extends SettingOptions>(options: O) => make<number, O>(options, percentKind),
  /** A Go duration. Value and limits: seconds. */
  duration: <const O extends SettingOptions & Range>(options: O) => make<number, O>(options, durationKind(options)),
  /** One of a few words. */
  choice: <const T extends string, const O extends SettingOptions>(
    words: readonly T[],
    options: O,
    synonyms?: Readonly<Record<string, T>>,
  ) => make<T, O>(options, choiceKind(words, synonyms)),
  /** Words by commas or blanks. Value: never undefined. */
  list: (options: SettingOptions & TextLimits): Setting<readonly string[]> =>
    makeList(options, listOf(textKind(options), options.accepted ?? 'words by comma or blank')),
  /** Some of a few words. Value: never undefined. */
  choices: <const T extends string>(words: readonly T[], options: SettingOptions): Setting<readonly T[]> =>
    makeList(options, listOf(choiceKind(words), `one or more of ${words.join(', ')}`)),
  /** An http or https address; `example` is shown in errors. Value: without trailing slash. */
  url: <const O extends SettingOptions & { readonly example: string }>(options: O) =>
    make<string, O>(options, urlKind(options.example)),
  /** Hosts, each with or without a port. Value: never undefined, but empty only when not required. */
  hosts: (options: SettingOptions): Setting<readonly HostPort[]> =>
    options.required === true
      ? { ...options, kind: hostListKind as Kind<never>, secret: false }
      : makeList(options, hostListKind),
  /** Addresses and networks. Value: never undefined. */
  networks: (options: SettingOptions): Setting<readonly Network[]> => makeList(options, networkListKind),
  /** Where a server listens. Value: `host:port`, or `off` if it can be. */
  listen: <const O extends SettingOptions & { readonly canBeOff: boolean }>(options: O) =>
    make<string, O>(options, listenKind(options.canBeOff)),
  /** A path that is not looked at. */
  path: <const O extends SettingOptions>(options: O) => make<string, O>(options, pathKind),
  /** A file that must be readable and hold what it should. Value: its path. */
  file: <const O extends SettingOptions & { readonly content: FileContent }>(options: O) =>
    make<string, O>(options, fileKind(options.content)),
  /** SHA-256 of a certificate. Value: 64 lower-case hexadecimal digits. */
  fingerprint: <const O extends SettingOptions>(options: O) => make<string, O>(options, fingerprintKind),
  /** Any other kind. */
  of: <T, const O extends SettingOptions>(kind: Kind<T>, options: O) => make<T, O>(options, kind),
};
