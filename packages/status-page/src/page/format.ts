import { span, visible } from '../wording.ts';

// Numbers as this browser writes them; `undefined` is its own language.
const integers = new Intl.NumberFormat(undefined);
const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

// Made once: a formatter costs a hundred times what it formats.
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `18,042` */
export function number(value: number): string {
  return integers.format(value);
}

/** `18K` */
export function compact(value: number): string {
  return short.format(value);
}

/** `1 network`, `2 networks` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `8 s ago`, `now`, `never` */
export function ago(at: number | undefined, now: number): string {
  if (at === undefined) return 'never';
  return now - at < 1500 ? 'just now' : `${span(now - at)} ago`;
}

/** `12 ms`, `1.4 s` */
export function duration(seconds: number): string {
  if (seconds < 0.001) return 'under 1 ms';
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** `18.3 MB` */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let scaled = value;
  let unit = 0;
  for (; scaled >= 1000 && unit < units.length - 1; unit += 1) scaled /= 1000;
  return `${unit === 0 ? number(scaled) : scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** `14:05:09`, of this browser's time zone. */
export function timeOfDay(at: number): string {
  return time.format(at);
}

/** `2026-11-22 14:05`, of this browser's time zone. */
export function moment(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0'));
  return `${day.join('-')} ${timeOfDay(at).slice(0, 5)}`;
}

/** A fact by what its name says of its unit: `free_memory_bytes`, `uptime_seconds`, `cpu_load_percent`. */
export function fact(
  name: string,
  value: string | number | boolean,
): { readonly name: string; readonly value: string } {
  const [, words = name, unit] = /^(.*?)(?:_(bytes|seconds|percent))?$/.exec(name) ?? [];
  const label = words.replaceAll('_', ' ');
  if (typeof value === 'boolean') return { name: label, value: value ? 'yes' : 'no' };
  if (typeof value === 'string') return { name: label, value: visible(value) };
  if (unit === 'bytes') return { name: label, value: bytes(value) };
  if (unit === 'seconds') return { name: label, value: value < 60 ? duration(value) : span(value * 1000) };
  return { name: label, value: unit === 'percent' ? `${number(value)} %` : number(value) };
}
