/**
 * IPv4 as plain numbers. Only for text that `isIPv4` or `parseNetwork` has passed: nothing is checked here.
 * Numbers, not bigints: 100,000 single addresses are looked at in every full pull, most of them IPv4.
 */

/** 0 to 2^32 - 1 of a dotted quad that was checked before. */
export function ipv4ToNumber(checked: string): number {
  let value = 0;
  let octet = 0;
  for (let index = 0; index < checked.length; index++) {
    const code = checked.charCodeAt(index);
    if (code === 46) {
      value = value * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - 48;
    }
  }
  return value * 256 + octet;
}

/** The dotted quad of 0 to 2^32 - 1. */
export function ipv4FromNumber(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}
