import { ConfigError } from '@bouncer/stream';

/**
 * Refuses releases on which this cannot work. 2.6 has neither `rc.initial -c`, which runs a command for `admin`, nor
 * the functions that `setup` needs; pfSense Plus counts by years, and 23.01 is what 2.7 is. OPNsense has no such bound.
 */
export function demandRelease(version: string): void {
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld = Number(major) === 2 ? Number(minor) < 7 : Number(major) >= 20 && Number(major) < 23;
  if (major === '' || (!isOld && Number(major) >= 2)) return;
  throw tooOld(`pfSense ${version}`);
}

/** What 2.6 shows to `admin` in place of an answer; undefined for anything else. */
export function menuOf(said: string): ConfigError | undefined {
  const [, product] = /\*\*\* Welcome to (pfSense[^(]*)/.exec(said) ?? [];
  return product === undefined ? undefined : tooOld(product.trim());
}

/** OPNsense has other PHP: alias and rule are made there by its API, or by hand. */
export function demandPfSense(version: string): void {
  if (!version.startsWith('OPNsense')) return;
  throw new ConfigError(`this is ${version}: alias and rule are made there by its API, or by hand`, {
    kind: 'release',
    hint: 'set PFSENSE_API_URL, PFSENSE_API_KEY and PFSENSE_API_SECRET, and run `setup --apply` again; or follow the steps for OPNsense that `setup` prints',
  });
}

function tooOld(product: string): ConfigError {
  return new ConfigError(`${product} is too old`, {
    kind: 'release',
    hint: 'upgrade it: this needs pfSense 2.7 or newer, or pfSense Plus 23.01 or newer',
  });
}
