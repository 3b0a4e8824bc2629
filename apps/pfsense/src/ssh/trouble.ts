import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from './firewall-settings.ts';

/** What a running connector has to tell of the list's keeping, beside pf's rules. */
export function troubleConcerns(
  file: string,
  areMany: boolean,
  twin: string | undefined,
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
  if (twin !== undefined) {
    const seen = `this is the same firewall as ${twin}: its list is kept twice`;
    concerns.push({ level: 'warn', seen, fix: 'name it once in PFSENSE_HOST' });
  }
  return concerns;
}
