import { stringify } from 'smol-toml';
import type { TreeMap } from './tree.ts';
import { commentLines } from './yaml.ts';

/** TOML; ends with a line break. */
export function emitToml(tree: TreeMap, comments: readonly string[] = []): string {
  return `${commentLines(comments)}${stringify(tree).trimEnd()}\n`;
}
