import type { HttpProxy, Network } from '@bouncer/stream';
import { listOf } from './setting-type.ts';
import type { SettingType } from './setting-type.ts';
import { fileType, pathType } from './file-types.ts';
import type { FileContent } from './file-types.ts';
import {
  fingerprintType,
  hostListType,
  listenType,
  networkListType,
  proxyType,
  urlOrSocketType,
  urlType,
} from './net-types.ts';
import type { HostPort } from './net-types.ts';
import {
  booleanType,
  choiceType,
  durationType,
  integerType,
  percentType,
  secretType,
  textType,
} from './plain-types.ts';
import type { Range, TextLimits } from './plain-types.ts';
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
  readonly kind: SettingType<never>;
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

function make<T, O extends SettingOptions>(options: O, kind: SettingType<T>): Setting<Maybe<T, O>> {
  return { ...options, kind: kind as SettingType<never>, secret: false };
}

function makeList<T>(options: SettingOptions, kind: SettingType<readonly T[]>): Setting<readonly T[]> {
  return { ...options, default: options.default ?? '', kind: kind as SettingType<never>, secret: false };
}

/** The builders of settings, one for each kind. */
export const setting = {
  /** Text on one line. */
  text: <const O extends SettingOptions & TextLimits>(options: O) => make<string, O>(options, textType(options)),
  /** A password or key. Value: a Secret, to be asked at every use. */
  secret: <const O extends SettingOptions>(options: O): Setting<Maybe<Secret, O>> => ({
    ...options,
    kind: secretType as SettingType<never>,
    secret: true,
  }),
  boolean: <const O extends SettingOptions>(options: O) => make<boolean, O>(options, booleanType),
  /** A whole number within limits, both included. */
  integer: <const O extends SettingOptions & Range>(options: O) => make<number, O>(options, integerType(options)),
  port: <const O extends SettingOptions>(options: O) => make<number, O>(options, integerType({ min: 1, max: 65535 })),
  percent: <const O extends SettingOptions>(options: O) => make<number, O>(options, percentType),
  /** A Go duration. Value and limits: seconds. */
  duration: <const O extends SettingOptions & Range>(options: O) => make<number, O>(options, durationType(options)),
  /** One of a few words. */
  choice: <const T extends string, const O extends SettingOptions>(
    words: readonly T[],
    options: O,
    synonyms?: Readonly<Record<string, T>>,
  ) => make<T, O>(options, choiceType(words, synonyms)),
  /** Words by commas or blanks. Value: never undefined. */
  list: (options: SettingOptions & TextLimits): Setting<readonly string[]> =>
    makeList(options, listOf(textType(options), options.accepted ?? 'words by comma or blank')),
  /** Some of a few words. Value: never undefined. */
  choices: <const T extends string>(words: readonly T[], options: SettingOptions): Setting<readonly T[]> =>
    makeList(options, listOf(choiceType(words), `one or more of ${words.join(', ')}`)),
  /** An http or https address; `example` is shown in errors. Value: without trailing slash. */
  url: <const O extends SettingOptions & { readonly example: string }>(options: O) =>
    make<string, O>(options, urlType(options.example)),
  /** An http or https address, or a unix socket. Value: the address without trailing slash, or `unix:///path`. */
  urlOrSocket: <const O extends SettingOptions & { readonly example: string }>(options: O) =>
    make<string, O>(options, urlOrSocketType(options.example)),
  /** An http proxy. Value: where it is, and who we are there. */
  proxy: <const O extends SettingOptions>(options: O) => make<HttpProxy, O>(options, proxyType),
  /** Hosts, each with or without a port. Value: never undefined, but empty only when not required. */
  hosts: (options: SettingOptions): Setting<readonly HostPort[]> =>
    options.required === true
      ? { ...options, kind: hostListType as SettingType<never>, secret: false }
      : makeList(options, hostListType),
  /** Addresses and networks. Value: never undefined. */
  networks: (options: SettingOptions): Setting<readonly Network[]> => makeList(options, networkListType),
  /** Where a server listens; `example` is one whose port nothing else of ours takes. Value: `host:port`, or `off` if it can be. */
  listen: <const O extends SettingOptions & { readonly canBeOff: boolean; readonly example?: string }>(options: O) =>
    make<string, O>(options, listenType(options.canBeOff, options.example)),
  /** A path that is not looked at. */
  path: <const O extends SettingOptions>(options: O) => make<string, O>(options, pathType),
  /** A file that must be readable and hold what it should. Value: its path. */
  file: <const O extends SettingOptions & { readonly content: FileContent }>(options: O) =>
    make<string, O>(options, fileType(options.content)),
  /** SHA-256 of a certificate. Value: 64 lower-case hexadecimal digits. */
  fingerprint: <const O extends SettingOptions>(options: O) => make<string, O>(options, fingerprintType),
  /** Any other kind. */
  of: <T, const O extends SettingOptions>(kind: SettingType<T>, options: O) => make<T, O>(options, kind),
};
