import type { ForeignGroup, ForeignNode } from '@bouncer/target';

/** The text of a key; empty when it is not there. */
export function textIn(group: ForeignGroup, key: string): string {
  const node = group[key];
  return typeof node === 'string' ? node.trim() : '';
}

/** The texts of a list, or of one text parted by commas. */
export function listIn(group: ForeignGroup, key: string): readonly string[] {
  const node = group[key];
  const texts: readonly ForeignNode[] = Array.isArray(node) ? (node as readonly ForeignNode[]) : [node ?? ''];
  return texts
    .flatMap((text) => (typeof text === 'string' ? text.split(',') : []))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** The group of a key; empty when it is none. */
export function groupIn(group: ForeignGroup, key: string): ForeignGroup {
  const node = group[key];
  return typeof node === 'object' && !Array.isArray(node) ? (node as ForeignGroup) : {};
}

/** What YAML 1.1 takes for true, as the Go bouncer does. */
export function isOn(group: ForeignGroup, key: string): boolean {
  return /^(?:true|yes|on|y)$/i.test(textIn(group, key));
}

/** What YAML 1.1 takes for false. */
export function isOff(group: ForeignGroup, key: string): boolean {
  return /^(?:false|no|off|n)$/i.test(textIn(group, key));
}
