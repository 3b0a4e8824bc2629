/** Major, minor, patch. */
export type Version = readonly [number, number, number];

/** `3.7`, `v3.7.9`, `1.7.0-alpha`; a missing patch counts as 0, so nothing is used that its first release did not know. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:-[\w.]+)?$/.exec(text.trim());
  if (!match) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** True when `version` is `least` or newer. */
export function isAtLeast(version: Version, min: Version): boolean {
  for (const index of [0, 1, 2] as const) {
    if (version[index] !== min[index]) return version[index] > min[index];
  }
  return true;
}

/** `v1.7.1` */
export function printVersion(version: Version): string {
  return `v${version.join('.')}`;
}
