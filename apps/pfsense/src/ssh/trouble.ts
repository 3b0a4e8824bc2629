import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from './firewall-settings.ts';
import type { Surprises } from './surprises.ts';

/** What a running connector has to tell of the list's keeping, beside pf's rules. */
export function troubleConcerns(
  file: string,
  { areMany }: Pick<Surprises, 'areMany'>,
  { alias }: Pick<FirewallSettings, 'alias'>,
): Concern[] {
  const concerns: Concern[] = [];
  if (file !== '') {
    concerns.push({
      level: 'warn',
      seen: `the list is in force, but its file cannot be written, so that a reboot brings an older one back: ${file}`,
      fix: 'make room on that file system, or have it mounted to be written; it is tried again every 10 minutes. PFSENSE_MODE=ssh-table needs no file',
    });
  }
  if (areMany) {
    concerns.push({
      level: 'warn',
      seen: `somebody else keeps changing table or file of ${alias}, though the filter was not loaded anew`,
      fix: 'let one connector alone keep it: another one needs a PFSENSE_ALIAS of its own, and PFSENSE_HOST must name each firewall once',
    });
  }
  return concerns;
}
