/**
 * The whole family of errors. Every one carries a `hint`: what a person should do about it.
 * There is no class per file or per cause: what matters to the caller is how to go on.
 */
export type BouncerErrorOptions = ErrorOptions & {
  /** What to do about it, in the imperative, without a full stop. */
  readonly hint?: string | undefined;
  /** One word for the cause, for metrics and the doctor; see `LapiErrorKind` for those of LAPI. */
  readonly kind?: string | undefined;
  /** Seconds before which another try does harm (a device that bans whoever fails often); nobody said: the usual. */
  readonly retryAfter?: number | undefined;
};

/** Base of all errors that we raise on purpose. */
export class BouncerError extends Error {
  /** What to do about it. Empty when there is nothing to be done but wait. */
  readonly hint: string;
  /** One word for the cause; `other` when nobody said. */
  readonly kind: string;
  /** Seconds before which it must not be tried again; 0 when nobody said. */
  readonly retryAfter: number;

  constructor(message: string, options: BouncerErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.hint = options.hint ?? '';
    this.kind = options.kind ?? 'other';
    this.retryAfter = options.retryAfter ?? 0;
  }
}

/** The configuration can never work. Exit 2 before anything was contacted, a lasting failure of the target afterwards. */
export class ConfigError extends BouncerError {}

/** The other side knows us and says no (401, 403, a refused login, a missing right). Retried at most once a minute. */
export class AuthError extends BouncerError {}

/** It may well work later: connection refused, timeout, 5xx, a truncated answer. Retried with backoff. */
export class TransientError extends BouncerError {}

/** A change was held back because it looks like a mistake. It goes through when a second pull agrees. */
export class GuardError extends BouncerError {}

/** The hint of any thrown value; empty when it has none. */
export function hintOf(error: unknown): string {
  return error instanceof BouncerError ? error.hint : '';
}

/** The cause of any thrown value in one word; `other` when it has none. */
export function kindOf(error: unknown): string {
  return error instanceof BouncerError ? error.kind : 'other';
}

/** The message of any thrown value, never a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
