import type { FirewallSettings } from '../config.ts';
import type { RunProgram } from '../program.ts';
import { readHeaders, stagingName } from './ipset.ts';
import type { IpsetShape, SeenSet } from './ipset.ts';
import { findRuleDamage, readFilter } from './rules.ts';
import type { SeenFilter } from './rules.ts';
import type { SavedRule } from './saved.ts';
import { findVanguardDamage, readVanguard } from './vanguard.ts';

/** What the kernel holds of one family, elements left out. */
export interface SeenFamily {
  readonly shape: IpsetShape;
  /** Undefined when there is no such set. */
  readonly set: SeenSet | undefined;
  /** True when there is a second set, of a full load that was cut. */
  readonly leftOver: boolean;
  readonly filter: SeenFilter;
  /** Our rules in the table mangle; undefined where the kernel has no such table. */
  readonly vanguard: readonly SavedRule[] | undefined;
}

/** Programs have 20 s to get the lock that iptables shares with everybody else. */
export const WAIT = ['-w', '20'] as const;

/** `iptables-restore` or `ip6tables-save`. */
export function tablesProgram(family: 4 | 6, what: 'save' | 'restore'): string {
  return `${family === 4 ? 'iptables' : 'ip6tables'}-${what}`;
}

/** Looks at sets and rules; a few milliseconds whatever the sets hold. */
export async function look(
  run: RunProgram,
  shapes: readonly IpsetShape[],
  settings: FirewallSettings,
  signal: AbortSignal,
): Promise<readonly SeenFamily[]> {
  const sets = readHeaders(await run({ program: 'ipset', args: ['list', '-t'], signal }));
  const families: SeenFamily[] = [];
  for (const shape of shapes) {
    const program = tablesProgram(shape.family, 'save');
    // The administrator's own rules may stand in any table; ours stand in filter.
    const args = settings.setOnly ? ['-c'] : ['-c', '-t', 'filter'];
    const filter = readFilter(await run({ program, args, signal }), settings);
    const mangle = await run({ program, args: ['-c', '-t', 'mangle'], signal }).catch(() => undefined);
    signal.throwIfAborted();
    const vanguard = mangle === undefined ? undefined : readVanguard(mangle);
    const named = (wanted: string): SeenSet | undefined => sets.find(({ name }) => name === wanted);
    families.push({
      shape,
      set: named(shape.name),
      leftOver: named(stagingName(shape)) !== undefined,
      filter,
      vanguard,
    });
  }
  return families;
}

/** What is not as it should be, in words; undefined when all is well. */
export function findDamage(settings: FirewallSettings, seen: readonly SeenFamily[]): string | undefined {
  for (const { shape, set, filter, vanguard } of seen) {
    if (!set) return `ipset ${shape.name} is missing`;
    const misfit = misfitOf(shape, set);
    if (misfit !== undefined) return misfit;
    const rules = findRuleDamage(shape.name, settings, filter);
    if (rules !== undefined) return rules;
    const missing = vanguard && findVanguardDamage(shape.name, settings, vanguard);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** Why a set that is there has to be replaced by a better one. */
export function misfitOf(shape: IpsetShape, { type, family, maxElements, ends }: SeenSet): string | undefined {
  if (type !== 'hash:net') return `ipset ${shape.name} is of the kind ${type}`;
  if (!ends) return `ipset ${shape.name} was made without timeouts`;
  if (family !== (shape.family === 4 ? 'inet' : 'inet6')) return `ipset ${shape.name} is of the other family`;
  return maxElements < shape.room ? `ipset ${shape.name} has room for ${maxElements} entries only` : undefined;
}
