import type { Clock } from '@bouncer/stream';
import { IN_FORCE, TAKEN_BACK, phpSnippet, removalSnippet } from './php-snippet.ts';
import { Firewall } from './ssh/firewall.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';
import { demandPfSense } from './ssh/release.ts';

/** Makes alias and rules. Needs a login that may run PHP as root: a restricted key may not. OPNsense is asked by its API. */
export async function applySetup(
  settings: FirewallSettings,
  clock: Clock,
  dry: boolean,
  signal: AbortSignal,
): Promise<string> {
  if (settings.opnsense) return settings.opnsense.apply(dry, signal);
  return runPhp(settings, clock, phpSnippet(settings, dry), IN_FORCE, signal);
}

/** Takes them back, and the line of the restricted key; by a login that is not restricted. */
export async function removeSetup(
  settings: FirewallSettings,
  clock: Clock,
  dry: boolean,
  signal: AbortSignal,
): Promise<string> {
  if (settings.opnsense) return settings.opnsense.remove(dry, signal);
  return runPhp(settings, clock, removalSnippet(settings, dry), TAKEN_BACK, signal);
}

async function runPhp(
  settings: FirewallSettings,
  clock: Clock,
  script: string,
  good: RegExp,
  signal: AbortSignal,
): Promise<string> {
  const firewall = await Firewall.connect(settings, clock, signal);
  try {
    demandPfSense((await firewall.ask('facts', signal)).version);
    return await firewall.php(script, good, signal);
  } finally {
    firewall.close();
  }
}
