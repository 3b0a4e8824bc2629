/** One thing that is wrong with the configuration. */
export interface Problem {
  /** The variable, or the file and line when no variable is to blame. */
  readonly variable: string;
  /** Where the value came from when that was not the variable itself: `yaml mikrotik.host, line 4`. */
  readonly from?: string;
  readonly problem: string;
  readonly accepted?: string;
}
