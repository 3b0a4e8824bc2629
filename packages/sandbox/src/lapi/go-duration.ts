/**
 * Text of a duration as Go's time.Duration.String prints it: `3h59m57.512s`, `1m29.172530805s`, `-10.490632ms`, `0s`.
 * `milliseconds` counts to the microsecond; `nanoseconds` (0 to 999) are added for the digits that Go would show.
 */
export function goDuration(milliseconds: number, nanoseconds = 0): string {
  const sign = milliseconds < 0 ? '-' : '';
  const microseconds = Math.round(Math.abs(milliseconds) * 1000);
  if (microseconds === 0 && nanoseconds === 0) return '0s';
  if (microseconds < 1_000_000) return sign + belowOneSecond(microseconds * 1000 + nanoseconds);

  const seconds = Math.floor(microseconds / 1_000_000);
  const fraction = (microseconds % 1_000_000) * 1000 + nanoseconds;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const last = `${seconds % 60}${fractionText(fraction, 9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${last}`;
  if (minutes > 0) return `${sign}${minutes}m${last}`;
  return sign + last;
}

/** The same rounded to whole seconds, halves away from zero, as Round(time.Second) does; LAPI since 1.6.3. */
export function goWholeSeconds(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  return goDuration((milliseconds < 0 ? -seconds : seconds) * 1000);
}

function belowOneSecond(nanoseconds: number): string {
  if (nanoseconds >= 1_000_000) {
    return `${Math.floor(nanoseconds / 1_000_000)}${fractionText(nanoseconds % 1_000_000, 6)}ms`;
  }
  if (nanoseconds >= 1000) return `${Math.floor(nanoseconds / 1000)}${fractionText(nanoseconds % 1000, 3)}µs`;
  return `${nanoseconds}ns`;
}

function fractionText(value: number, digits: number): string {
  if (value === 0) return '';
  return '.' + String(value).padStart(digits, '0').replace(/0+$/, '');
}
