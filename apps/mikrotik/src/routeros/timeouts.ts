/** The longest timeout that RouterOS takes: `35w3d13:13:56`, the integer part of (2^31 - 1) / 100 seconds. */
export const MAX_TIMEOUT_SECONDS = 21_474_836;

const UNITS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 };
const PARTS = /^(?:\d+(?:\.\d+)?(?:ms|[wdhms]))+$/;
const CLOCK = /^((?:\d+[wd])*)(\d+):(\d{2}):(\d{2})(?:\.\d+)?$/;

/**
 * Whole seconds of a time as RouterOS prints it: `1w2d3h4m5s` and `23h59m55s` (both generations), `1d00:04:13` and
 * `00:04:13` (RouterOS 6), `86400` (bare seconds). Undefined when it is none of them.
 */
export function parseTimeout(text: string): number | undefined {
  const usual = parseUsual(text);
  if (usual !== undefined) return usual;
  const clock = CLOCK.exec(text);
  if (clock) {
    const [, days = '', hours, minutes, seconds] = clock;
    return sumOfParts(days) + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  }
  return PARTS.test(text) ? Math.floor(sumOfParts(text)) : undefined;
}

/** Whole numbers with units, and a bare number: what nearly every row has. By hand, for it is read for every row. */
function parseUsual(text: string): number | undefined {
  let sum = 0;
  let number = -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) {
      number = Math.max(0, number) * 10 + code - 0x30;
      continue;
    }
    const unit = UNITS[text[index] ?? ''];
    if (number < 0 || unit === undefined || text[index + 1] === 's') return undefined;
    sum += number * unit;
    number = -1;
  }
  if (number < 0) return text === '' ? undefined : sum;
  return sum === 0 ? number : undefined;
}

/** Prints whole seconds in the form that both generations read and print: `1d2h`, `45s`. */
export function printTimeout(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const unit of ['w', 'd', 'h', 'm', 's']) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${String(count)}${unit}`;
  }
  return text || '0s';
}

/** The timeout to send for an end `remaining` seconds away: rounded up, so that nothing ends early; at least 1. */
export function timeoutFor(remaining: number): number {
  return Math.min(MAX_TIMEOUT_SECONDS, Math.max(1, Math.ceil(remaining)));
}

function sumOfParts(text: string): number {
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g)) {
    sum += Number(count) * (UNITS[unit ?? ''] ?? 0);
  }
  return sum;
}
