/** A configuration or a command line that is wrong in one thing, as data. `{dir}` is a folder of the test's own. */
export interface SettingCase {
  /** The image. */
  readonly app: string;
  /** What is changed of a sound environment; null takes a variable away. */
  readonly wrong?: Readonly<Record<string, string | null>>;
  /** A YAML file that is given with it. */
  readonly yaml?: string;
  /** Default: `config`. */
  readonly args?: readonly string[];
  /** The cause, in the one line that is printed. */
  readonly cause: string;
  /** What the same line proposes: a pattern; its group is the value that a person takes over. */
  readonly fix: RegExp;
  /** What a person changes then; `$1` is the group. Default: the first variable of `wrong` becomes the group. */
  readonly then?: Readonly<Record<string, string | null>>;
  /** The YAML file after that, or the arguments. */
  readonly yamlThen?: string;
  readonly argsThen?: readonly string[];
}

/** What is proposed by `such as`. */
export const suchAs = /such as ([^\s,;]+)/;
/** The first of the words that are accepted. */
export const firstWord = /accepted: ([\w.-]+)/;
