/** True when `version` (`7.18.2`, `7.20rc1`) is `least` (`7.18`) or newer. Compares numbers, not text. */
export function versionAtLeast(version: string, min: string): boolean {
  const have = numbersOf(version);
  const want = numbersOf(min);
  for (const [index, part] of want.entries()) {
    const mine = have[index] ?? 0;
    if (mine !== part) return mine > part;
  }
  return true;
}

function numbersOf(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
