/** Longer texts are no durations: LAPI's longest is `-2562047h47m16.854775808s`. */
const MAX_LENGTH = 64;
/** A whole number of so many digits is exact as it is added up. */
const EXACT_DIGITS = 15;

const [PLUS, MINUS, DOT, ZERO, NINE] = [0x2b, 0x2d, 0x2e, 0x30, 0x39];
const [LETTER_H, LETTER_M, LETTER_N, LETTER_S, LETTER_U] = [0x68, 0x6d, 0x6e, 0x73, 0x75];
/** Both ways to write micro count. */
const [MICRO_SIGN, GREEK_MU] = [0xb5, 0x3bc];

/**
 * Reads a Go duration (`1h30m`, `3h59m57.512s`, `-10.490632ms`, `0`; `time.ParseDuration`) and returns milliseconds,
 * which may be negative and may have a fraction; undefined for anything that Go would refuse. No days or weeks: Go has
 * none. Values beyond Go's own 292 years come through, since whoever wrote them means "for ever".
 *
 * By hand, since every decision has one: regular expressions took a quarter of a full pull's time, most of it garbage.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const sign = text.charCodeAt(0);
  const start = sign === PLUS || sign === MINUS ? 1 : 0;
  if (text.length === start + 1 && text.charCodeAt(start) === ZERO) return 0;
  let total = 0;
  let index = start;
  do {
    const end = endOfNumber(text, index);
    const unit = unitAt(text, end);
    if (end === index || unit === undefined) return undefined;
    total += numberBetween(text, index, end) * unit.milliseconds;
    index = end + unit.length;
  } while (index < text.length);
  return sign === MINUS ? -total : total;
}

/** Where the number ends that begins here: `1`, `1.5`, `1.` or `.5`. The same place when there is none. */
function endOfNumber(text: string, start: number): number {
  const whole = endOfDigits(text, start);
  if (text.charCodeAt(whole) !== DOT) return whole;
  const end = endOfDigits(text, whole + 1);
  return end === start + 1 ? start : end;
}

function endOfDigits(text: string, start: number): number {
  let index = start;
  for (let code = text.charCodeAt(index); code >= ZERO && code <= NINE; code = text.charCodeAt(index)) index++;
  return index;
}

function numberBetween(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT || index - start >= EXACT_DIGITS) return Number(text.slice(start, end));
    value = value * 10 + code - ZERO;
  }
  return value;
}

interface Unit {
  readonly milliseconds: number;
  /** Characters. */
  readonly length: number;
}

const HOUR: Unit = { milliseconds: 3_600_000, length: 1 };
const MINUTE: Unit = { milliseconds: 60_000, length: 1 };
const SECOND: Unit = { milliseconds: 1000, length: 1 };
const MILLISECOND: Unit = { milliseconds: 1, length: 2 };
const MICROSECOND: Unit = { milliseconds: 1e-3, length: 2 };
const NANOSECOND: Unit = { milliseconds: 1e-6, length: 2 };

function unitAt(text: string, index: number): Unit | undefined {
  const letter = text.charCodeAt(index);
  const second = text.charCodeAt(index + 1) === LETTER_S;
  if (letter === LETTER_H) return HOUR;
  if (letter === LETTER_M) return second ? MILLISECOND : MINUTE;
  if (letter === LETTER_S) return SECOND;
  if (letter === LETTER_N && second) return NANOSECOND;
  const isMicro = letter === LETTER_U || letter === MICRO_SIGN || letter === GREEK_MU;
  return isMicro && second ? MICROSECOND : undefined;
}
