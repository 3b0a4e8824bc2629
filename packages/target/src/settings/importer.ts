/** The content of a YAML file: texts, lists and groups. Nothing is a number or a boolean yet: a key `0123` stays that. */
export type ForeignNode = string | readonly ForeignNode[] | ForeignGroup;
/** A group of such a file, the file itself included. */
export interface ForeignGroup {
  readonly [key: string]: ForeignNode;
}

/** Reads the configuration file of another program as settings of ours. */
export interface SettingsImporter {
  /** For people: `a configuration of the Go crowdsec-firewall-bouncer`. */
  readonly title: string;
  /** Whether a file is the other program's, and cannot be one of ours. */
  recognises(content: ForeignGroup): boolean;
  /** What it says in our words, and what it says that has no equal. */
  translate(content: ForeignGroup): Translation;
}

/** What a foreign file comes to. */
export interface Translation {
  /** Values by our variable; `key` is where the file says it, groups parted by dots. */
  readonly values: ReadonlyMap<string, { readonly key: string; readonly text: string }>;
  /** One sentence each, beginning with the key. */
  readonly warnings: readonly string[];
}

/** What the environment of another program comes to in our variables. */
export interface ForeignEnvironment {
  readonly values: Readonly<Record<string, string>>;
  /** One sentence each: what was taken over, and what it says that has no equal. */
  readonly notices: readonly string[];
}
