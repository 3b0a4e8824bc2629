import v142 from './tables/v1.4.2.json' with { type: 'json' };
import v143 from './tables/v1.4.3.json' with { type: 'json' };
import v144 from './tables/v1.4.4.json' with { type: 'json' };
import v145 from './tables/v1.4.5.json' with { type: 'json' };
import v147 from './tables/v1.4.7.json' with { type: 'json' };
import v150 from './tables/v1.5.0.json' with { type: 'json' };
import v160 from './tables/v1.6.0.json' with { type: 'json' };
import v170 from './tables/v1.7.0.json' with { type: 'json' };
import { isAtLeast } from './version.ts';
import type { Version } from './version.ts';

/** What one version of the plugin says of its options: written from its source by tools/plugin-tables.ts. */
export interface PluginTable {
  readonly boolean: readonly string[];
  readonly integer: readonly string[];
  readonly list: readonly string[];
  readonly text: readonly string[];
  readonly deprecated: readonly string[];
  /** The words that an option takes. */
  readonly words: Readonly<Record<string, readonly string[]>>;
  /** Options whose words count in any case. */
  readonly anyCase: readonly string[];
  /** Smallest and greatest integer. */
  readonly least: Readonly<Record<string, number>>;
  readonly most: Readonly<Record<string, number>>;
}

/** Oldest first. A version that has no table of its own takes the same options as the one before it. */
export const pluginTables: readonly (readonly [since: Version, table: PluginTable])[] = [
  [[1, 4, 2], v142],
  [[1, 4, 3], v143],
  [[1, 4, 4], v144],
  [[1, 4, 5], v145],
  [[1, 4, 7], v147],
  [[1, 5, 0], v150],
  [[1, 6, 0], v160],
  [[1, 7, 0], v170],
];

/** The first version that is known here, and the last. */
export const oldestPlugin: Version = [1, 4, 2];
export const newestPlugin: Version = [1, 7, 1];

/** What a version takes; one that is older than all counts as the oldest. */
export function tableFor(version: Version): PluginTable {
  return (pluginTables.findLast(([since]) => isAtLeast(version, since)) ?? pluginTables[0])?.[1] ?? v170;
}
