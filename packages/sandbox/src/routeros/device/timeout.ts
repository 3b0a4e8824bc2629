import { traps } from '../protocol/trap.ts';

/** The longest timeout of an address-list entry, in seconds: 35w3d13:13:56 (MikroTik manual). @internal */
export const MAX_TIMEOUT_SECONDS = 21_474_836;

const WITH_UNITS = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/;
const WITH_CLOCK = /^(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d\d)(?::(\d\d))?$/;
const SECONDS = [604_800, 86_400, 3_600, 60, 1] as const;
const UNITS = ['w', 'd', 'h', 'm', 's'] as const;

/**
 * Seconds of a timeout as RouterOS takes it: `1h2m3s`, `86400`, `1d`, `1w2d3h4m5s`, `35w3d13:13:56`, `00:05:00`.
 * What it does with fractions is not known, so they are refused here. Throws the router's traps.
 */
export function parseTimeout(text: string): number {
  const parts = WITH_UNITS.exec(text) ?? WITH_CLOCK.exec(text);
  if (!parts || text === '') throw traps.invalidValue('timeout');
  const seconds = SECONDS.reduce((sum, unit, index) => sum + unit * Number(parts[index + 1] ?? 0), 0);
  if (seconds > MAX_TIMEOUT_SECONDS) throw traps.outOfRange('timeout', '00:00:00 .. 35w3d13:13:56');
  return seconds;
}

/** Whole seconds in the router's own print: largest units first, weeks included, zero parts left out. */
export function formatTimeout(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const [index, unit] of SECONDS.entries()) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) text += `${count}${UNITS[index] ?? ''}`;
  }
  return text === '' ? '0s' : text;
}
