/** One row of a list, as the device tells it. */
export interface Row {
  /** The device's own handle. */
  readonly id: string;
  readonly address: string;
  readonly comment: string;
  /** Seconds until the device drops it. */
  readonly timeout: number;
}

/**
 * What the target needs of the device, in the device's words: the one place that knows its protocol. Every call rejects with
 * AuthError, TransientError or ConfigError (each with a hint), and at once when its signal is aborted. An answer that is not
 * understood is a TransientError, never an empty list.
 */
export interface Device {
  connect(signal: AbortSignal): Promise<void>;
  rows(list: string, signal: AbortSignal): Promise<readonly Row[]>;
  count(list: string, signal: AbortSignal): Promise<number>;
  /** Adds a row, or moves the end of the one that has this address. Gives its id. */
  put(list: string, row: Omit<Row, 'id'>, signal: AbortSignal): Promise<string>;
  /** Does nothing when it is gone already. */
  remove(list: string, id: string, signal: AbortSignal): Promise<void>;
  /** True when a rule of the device refuses what is in the list. */
  isUsed(list: string, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}
