/** Milliseconds of one unit of Go's `time.ParseDuration`. Both ways to write micro count: U+00B5 and U+03BC. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Longer texts are no durations: LAPI's longest is `-2562047h47m16.854775808s`. */
const LONGEST = 64;

const ZERO = /^[+-]?0$/;
const WHOLE = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Reads a Go duration (`1h30m`, `3h59m57.512s`, `-10.490632ms`, `0`) and returns milliseconds, which may be negative
 * and may have a fraction; undefined for anything that Go would refuse. No days or weeks: Go has none. Values beyond
 * Go's own 292 years come through, since whoever wrote them means "for ever".
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > LONGEST) return undefined;
  if (ZERO.test(text)) return 0;
  if (!WHOLE.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(PART)) total += Number(digits) * (UNITS[unit ?? ''] ?? 0);
  return text.startsWith('-') ? -total : total;
}
