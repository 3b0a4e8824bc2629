import type { Concern } from '@bouncer/target';

/** Reads `nft list flowtables`. */
export function flowtablesOf(text: string): readonly string[] {
  let table = '';
  return text.split('\n').flatMap((line) => {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    const name = /^\tflowtable (\S+) \{/.exec(line)?.[1];
    return name === undefined ? [] : [`${table} ${name}`];
  });
}

/** Connections that a flowtable carries past all hooks. */
export function flowtableConcerns(flowtables: readonly string[]): Concern[] {
  if (flowtables.length === 0) return [];
  const names = flowtables.join(', ');
  return [
    {
      level: 'warn',
      seen: `flowtable ${names} takes established connections past every hook: one that is open when its source is banned goes on`,
      fix: 'take "flow add" out of that ruleset, or end such connections with conntrack -D -s ADDRESS',
    },
  ];
}
