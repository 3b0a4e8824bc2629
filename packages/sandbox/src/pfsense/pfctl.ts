import { readFileSync } from 'node:fs';
import { readPrefixes } from './firewall.ts';
import type { PfFirewall } from './firewall.ts';
import { PfTable } from './pf-table.ts';
import { showInfo, showMemory, showNat, showRules, showStates, showTables } from './pfctl-show.ts';
import { contains, parsePrefix, TokenError } from './prefix.ts';
import type { Prefix } from './prefix.ts';

/** What a program printed and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly out?: string;
  readonly err?: string;
}

const COMMANDS = ['kill', 'flush', 'add', 'delete', 'expire', 'replace', 'show', 'test', 'zero', 'load', 'reset'];
const WITH_VALUE = new Set(['a', 'D', 'F', 'f', 'i', 'k', 'K', 'o', 'p', 's', 't', 'T', 'x', 'y', 'z']);

interface Options {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly flags: readonly string[];
  readonly rest: readonly string[];
}

/** pfctl of pfSense, as far as tables, states and limits go. `stdin` is read for `-f -` only. */
export function pfctl(firewall: PfFirewall, args: readonly string[], stdin: string): Outcome {
  const options = parseOptions(args);
  if (!options) return { code: 1, err: 'usage: pfctl [-AdeghMmNnOPqRrvz] ...\n' };
  const { values, flags } = options;
  const one = (name: string): string | undefined => values.get(name)?.at(-1);
  if (flags.includes('d') || flags.includes('e')) {
    firewall.enabled = flags.includes('e');
    return { code: 0, err: `pf ${firewall.enabled ? 'enabled' : 'disabled'}\n` };
  }
  const kills = values.get('k');
  if (kills) return killStates(firewall, kills);
  const show = one('s');
  if (show !== undefined) return showModifier(firewall, show, flags.filter((flag) => flag === 'v').length);
  const command = COMMANDS.filter((name) => name.startsWith(one('T') ?? '?'));
  const name = one('t');
  if (command.length === 0 || name === undefined) return { code: 1, err: 'pfctl: unknown table command\n' };
  const quiet = flags.includes('q');
  try {
    const outcome = tableCommand(firewall, command[0] ?? '', name, options, stdin);
    return quiet ? { ...outcome, err: outcome.code === 0 ? '' : (outcome.err ?? '') } : outcome;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const file = one('f');
    const cannot = file === undefined ? '' : `pfctl: cannot load ${file}: No error: 0\n`;
    return { code: 255, err: `${error.message}\n${cannot}` };
  }
}

function tableCommand(
  firewall: PfFirewall,
  command: string,
  name: string,
  { values, rest }: Options,
  stdin: string,
): Outcome {
  const file = values.get('f')?.at(-1);
  const table = firewall.tables.get(name);
  if (command === 'kill') {
    firewall.tables.delete(name);
    return { code: 0, err: `${table ? 1 : 0} table deleted.\n` };
  }
  if (!table && command !== 'add' && command !== 'replace') {
    return { code: 255, err: 'pfctl: Table does not exist.\n' };
  }
  const known = table ?? new PfTable(name, new Date());
  if (command === 'show')
    return {
      code: 0,
      out: known
        .sorted()
        .map(({ text }) => `   ${text}\n`)
        .join(''),
    };
  if (command === 'flush') {
    const count = known.entries.size;
    known.entries.clear();
    return { code: 0, err: `${count} addresses deleted.\n` };
  }
  if (command === 'zero') {
    known.counters = { packets: 0, bytes: 0 };
    return { code: 0, err: '1 table/stats cleared.\n' };
  }
  const prefixes = [
    ...rest.map((token) => parsePrefix(token)),
    ...(file === undefined ? [] : load(firewall, file, stdin)),
  ];
  const refusal = refuse(firewall, known, command, prefixes);
  if (refusal) return refusal;
  if (!table && (command === 'add' || command === 'replace')) firewall.tables.set(name, known);
  const created = table ? '' : '1 table created.\n';
  const counted = `${prefixes.length} addresses`;
  switch (command) {
    case 'add':
      return { code: 0, err: `${created}${known.add(prefixes)}/${counted} added.\n` };
    case 'delete':
      return { code: 0, err: `${known.remove(prefixes)}/${counted} deleted.\n` };
    case 'test': {
      const hits = prefixes.filter((one) => [...known.entries.values()].some((entry) => contains(entry, one))).length;
      return { code: hits < prefixes.length ? 2 : 0, err: `${hits}/${counted} match.\n` };
    }
    case 'replace': {
      const { added, deleted } = known.replace(prefixes);
      const told = [
        added > 0 ? `${added} addresses added.\n` : '',
        deleted > 0 ? `${deleted} addresses deleted.\n` : '',
      ];
      return { code: 0, err: created + (told.join('') || 'no changes.\n') };
    }
    default:
      return { code: 1, err: `pfctl: ${command} is not emulated\n` };
  }
}

function load(firewall: PfFirewall, file: string, stdin: string): Prefix[] {
  return readPrefixes(file === '-' ? stdin : readFileSync(firewall.path(file), 'utf8'));
}

/** The kernel's limits: the table is as it was. */
function refuse(
  firewall: PfFirewall,
  table: PfTable,
  command: string,
  prefixes: readonly Prefix[],
): Outcome | undefined {
  if (prefixes.length > firewall.limits.requestMaxcount) {
    const why = `cannot ${command} ${table.name}: too many elements.\nConsider increasing net.pf.request_maxcount.`;
    return { code: 255, err: `pfctl: Invalid argument.\n${why}` };
  }
  if (command !== 'add' && command !== 'replace') return undefined;
  const added = new Set(prefixes.filter(({ text }) => !table.entries.has(text)).map(({ text }) => text)).size;
  if (firewall.total() + added <= firewall.limits.tableEntries) return undefined;
  return { code: 255, err: 'pfctl: Cannot allocate memory.\n' };
}

function killStates(firewall: PfFirewall, kills: readonly string[]): Outcome {
  const [source, destination] = kills.map((token) => parsePrefix(token));
  const before = firewall.states.length;
  firewall.states = firewall.states.filter(
    (state) =>
      !((!source || contains(source, state.source)) && (!destination || contains(destination, state.destination))),
  );
  const killed = before - firewall.states.length;
  return { code: 0, err: `killed ${killed} states from 1 sources and ${kills.length - 1} destinations\n` };
}

function showModifier(firewall: PfFirewall, what: string, verbose: number): Outcome {
  if ('Tables'.startsWith(what)) return { code: 0, out: showTables(firewall, verbose) };
  if ('rules'.startsWith(what)) return { code: 0, out: showRules(firewall, verbose) };
  if ('nat'.startsWith(what)) return { code: 0, out: showNat(firewall) };
  if ('info'.startsWith(what)) return { code: 0, out: showInfo(firewall) };
  if ('memory'.startsWith(what)) return { code: 0, out: showMemory(firewall) };
  if ('states'.startsWith(what)) return { code: 0, out: showStates(firewall) };
  return { code: 1, err: `pfctl: Unknown show modifier '${what}'\n` };
}

function parseOptions(args: readonly string[]): Options | undefined {
  const values = new Map<string, string[]>();
  const flags: string[] = [];
  let index = 0;
  for (; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    for (let at = 1; at < word.length; at += 1) {
      const letter = word[at] ?? '';
      if (!WITH_VALUE.has(letter)) {
        flags.push(letter);
        continue;
      }
      const value = at + 1 < word.length ? word.slice(at + 1) : args[++index];
      if (value === undefined) return undefined;
      values.set(letter, [...(values.get(letter) ?? []), value]);
      break;
    }
  }
  return { values, flags, rest: args.slice(index) };
}
