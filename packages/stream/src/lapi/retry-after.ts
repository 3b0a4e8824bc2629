/** Nobody is heard who asks for more, in seconds: our own longest wait. */
const MAX_SECONDS = 300;

/**
 * Seconds of a Retry-After header: a number, or a date, which is taken against the answer's own Date so that no clock of
 * ours counts. Undefined when it says nothing usable.
 */
export function readRetryAfter(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.parse(date ?? '')) / 1000;
  return seconds > 0 ? Math.min(MAX_SECONDS, Math.ceil(seconds)) : undefined;
}
