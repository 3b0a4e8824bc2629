/** What an address meets at a target. */
export interface Look {
  /** `unclear`: neither was seen, such as an error in place of an answer. */
  readonly state: 'stopped' | 'let in' | 'unclear';
  /** What was seen, in a few words. */
  readonly seen: string;
}

/** A target of the demo: a device or program of its own, and eyes that look at it from the other side. */
export interface Stage extends AsyncDisposable {
  /** Real or stand-in, and where. */
  readonly what: string;
  /** The settings of the target, as `targets:` in the YAML file has them. */
  readonly target: Readonly<Record<string, string | number | boolean>>;
  /** Called once, when the process has filled the target for the first time. */
  filled?(): Promise<void>;
  /** Looks at the target, never at the process that fills it. */
  look(address: string): Promise<Look>;
  /** How many writes there were since the last call. */
  writes(): number | Promise<number>;
}

/** A kind that can be shown. */
export interface StageKind {
  /** Why it cannot be shown here; undefined when it can. Installs what is missing, where that is possible. */
  missing(): Promise<string | undefined>;
  start(): Promise<Stage>;
}

/** What an HTTP status says of an address. */
export function lookOfStatus(status: number, from: string): Look {
  // Forward-auth says 204.
  const state = status >= 200 && status < 300 ? 'let in' : status === 403 ? 'stopped' : 'unclear';
  return { state, seen: `${status} from ${from}` };
}
