import type { Clock, Network, WireDecision } from '@bouncer/stream';
import type { Logger } from './logger.ts';
import type { CoreValues } from './settings/core-settings.ts';
import type { ForeignEnvironment, SettingsImporter } from './settings/importer.ts';
import type { Problem } from './settings/problem.ts';
import type { Settings, ValuesOf } from './settings/setting.ts';
import type { CheckStep } from './doctor/check-step.ts';
import type { AnyTarget } from './target.ts';

/** The values that a connector works with: the shared settings and its own. */
export type KindValues<S extends Settings> = CoreValues & ValuesOf<S>;

/** What targets are given beside the settings. */
export interface TargetContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** `0.1.0` */
  readonly version: string;
  /** `crowdsec-mikrotik-bouncer` */
  readonly type: string;
  /** Where decisions are followed; else nothing is known of ids. */
  readonly decisionId?: DecisionIdOf | undefined;
}

/** LAPI's id of the decision on exactly this network that is shown with this scenario, as long as it is alive. */
export type DecisionIdOf = (network: Network, scenario: string) => number | undefined;

/** An option of `check` that only this connector has, in the words of commander: `--file <path...>`. */
export interface CheckOption {
  readonly flags: string;
  readonly help: string;
}

/** What the extra checks of a connector are given. */
export interface ExtraCheckContext<S extends Settings> {
  readonly values: KindValues<S>;
  /** The values of `checkOptions` by their long names, as commander gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What LAPI holds now; eats no delta of anybody. Rejects when LAPI cannot be asked. */
  readonly decisions: (signal: AbortSignal) => AsyncIterable<WireDecision>;
  readonly signal: AbortSignal;
}

/** What the checks of files are given: no LAPI, no device. */
export interface OfflineCheckContext<S extends Settings> {
  /** The kind's own settings; those that are required and were not given are undefined. */
  readonly values: Partial<ValuesOf<S>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** All that makes one connector different from another. */
export interface KindDefinition<S extends Settings> {
  /** `mikrotik`; also the YAML group, and in capitals the prefix of its variables. */
  readonly name: string;
  /** `crowdsec-mikrotik-bouncer`: image name, User-Agent type and name of the YAML file. */
  readonly type: string;
  /** For people: `MikroTik RouterOS`. */
  readonly title: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  /** Its own settings, on top of the core settings. */
  readonly settings: S;
  /** Default of MAX_ENTRIES; without it there is no limit. */
  readonly maxEntries?: number;
  /** Variables that carry its prefix and belong to somebody else (`NGINX_VERSION` of the NGINX image). */
  readonly foreignVariables?: readonly string[];
  /** Reads the configuration of another program; gives the command line its `--import FILE`. */
  readonly importer?: SettingsImporter;
  /**
   * Reads the environment of another program that this one takes the place of, in its image alone; undefined when it is not
   * that program's. Our own variables count more.
   */
  importEnvironment?(env: Readonly<Record<string, string | undefined>>): ForeignEnvironment | undefined;
  /** Hosts that must never be blocked, without ports. They are resolved before every full pull. */
  deviceHosts(values: KindValues<S>): readonly string[];
  /** How the settings fit together. Called only when each of them is sound. */
  validate?(values: KindValues<S>): readonly Problem[];
  /** One target for each device. Contacts nothing; a ConfigError ends the process with exit code 2. */
  createTargets(values: KindValues<S>, context: TargetContext): readonly AnyTarget[] | Promise<readonly AnyTarget[]>;
  /** Options of `check` beside --json; `extraChecks` is given their values. */
  readonly checkOptions?: readonly CheckOption[];
  /** Help of the one argument that `check` takes, a file or `-`; `extraChecks` is given it as the option `input`. */
  readonly checkInput?: string;
  /** More lines for the doctor, after LAPI's half and the targets'. */
  extraChecks?(context: ExtraCheckContext<S>): AsyncIterable<CheckStep>;
  /** Those of them that need no LAPI; undefined when the options ask for none. */
  offlineChecks?(context: OfflineCheckContext<S>): AsyncIterable<CheckStep> | undefined;
  /** What `setup` prints; default: what the targets say, one after the other. */
  setup?(values: KindValues<S>, targets: readonly AnyTarget[]): string;
}

/** A connector whose settings are its own affair. */
export type Kind = KindDefinition<Settings>;

/** Checks nothing at run time; ties the types of settings and targets together. */
export function defineKind<const S extends Settings>(definition: KindDefinition<S>): Kind {
  // Every function of it takes the values of exactly these settings, and the loader makes them from these settings.
  return definition;
}
