import { TransientError } from '@bouncer/stream';
import type { Count } from '../rules/drop-split.ts';

/** What a table holds and has counted. */
export interface TableReport {
  readonly name: string;
  readonly addresses: number;
  /** Rules that use it. */
  readonly rules: number;
  readonly blocked: Count;
}

/** Where the alias's file is kept. */
export interface Disk {
  /** Where the file system is mounted: `/var`. */
  readonly mount: string;
  readonly freeKilobytes: number;
  /** Its folder is not there. */
  readonly missing: boolean;
  /** Nothing can be written there. */
  readonly locked: boolean;
}

/** What the far side has told, section by section. */
export interface Report {
  readonly helper: number;
  readonly tables: ReadonlyMap<string, TableReport>;
  /** Most entries of all tables together; undefined when pf does not say. */
  readonly tableEntries: number | undefined;
  /** Most elements in one request. */
  readonly maxcount: number | undefined;
  /** Changes with every boot. */
  readonly boot: string;
  /** Changes with every filter reload. */
  readonly rules: string;
  /** The alias's line of the rules that were loaded last; empty when there is none. */
  readonly line: string;
  /** Checksum and length of the alias's file; empty when there is none. */
  readonly file: string;
  /** pf's block rules that use the table, with what they have counted. */
  readonly blocks: readonly (readonly [rule: string, count: Count])[];
  /** Whether pf looks at packets at all; undefined when it does not say. */
  readonly enabled: boolean | undefined;
  /** Changes with every change of pf's rules. */
  readonly sum: string;
  /** The rules that were made last could not be loaded: pf works with older ones. */
  readonly stale: boolean;
  /** Whether the rest was asked for, too: only after `facts` and `all`. */
  readonly full: boolean;
  readonly version: string;
  /** The alias's block of config.xml; empty when there is none. */
  readonly alias: string;
  /** Names of aliases without members. */
  readonly emptyAliases: readonly string[];
  /** Filter rules of config.xml that name the alias, one block each. */
  readonly configured: readonly string[];
  /** Interfaces and their groups as config.xml has them, some of their elements. */
  readonly interfaces: string;
  /** pf's own rules: `pfctl -sn` and `pfctl -sr`. */
  readonly nat: string;
  readonly filter: string;
  /** Our address as the firewall sees it; empty when the user's environment does not tell. */
  readonly client: string;
  /** Traces of CrowdSec's own package. */
  readonly package: string;
  /** Addresses of the other node of a pair that this one hands its configuration to. */
  readonly partners: readonly string[];
  /** The place of the alias's file; undefined when the far side does not tell. */
  readonly disk: Disk | undefined;
  /** Only after `show`. */
  readonly entries: Iterable<string>;
}

/**
 * Reads the answer of `probe`, `facts` or `show` about an alias. What a firewall says before it (a banner, a line of
 * rc.local without an end) is none of it.
 * @throws TransientError when the answer has no end.
 */
export function parseReport(said: string, name: string): Report {
  const start = Math.max(0, said.indexOf('%helper '));
  // A table of a million lines is not taken apart with the rest, but line by line when somebody reads it.
  const list = said.indexOf(ENTRIES, start);
  const sections = split(said.slice(start, list < 0 ? said.length : list));
  if (sections.has('helper') && !sections.has('end')) throw new TransientError('the answer of the firewall was cut');
  const lines = (name: string): readonly string[] => sections.get(name) ?? [];
  const first = (name: string): string => lines(name)[0]?.trim() ?? '';
  const limit = /hard limit\s+(\d+)/.exec(lines('memory').find((line) => line.startsWith('table-entries')) ?? '');
  return {
    helper: Number(sections.get('helper')?.[0] ?? 0),
    tables: parseTables(lines('tables')),
    tableEntries: limit?.[1] === undefined ? undefined : Number(limit[1]),
    maxcount: /^\d+$/.test(first('maxcount')) ? Number(first('maxcount')) : undefined,
    boot: first('boot'),
    rules: first('rules'),
    line: first('line'),
    file: first('file').replace(/\s+/g, ' '),
    blocks: parseRules(lines('blocks')),
    enabled:
      /^Status: (Enabled|Disabled)/.exec(first('pf'))?.[1] === undefined
        ? undefined
        : first('pf').startsWith('Status: E'),
    sum: first('sum').replace(/\s+/g, ' '),
    stale: first('stale') === 'yes',
    full: sections.has('filter'),
    version: first('version'),
    ...parseConfig(lines('config'), name),
    nat: lines('nat').join('\n'),
    filter: lines('filter').join('\n'),
    client: first('client'),
    package: lines('package').join(' '),
    disk: parseDisk(lines('disk')),
    entries: list < 0 ? [] : { [Symbol.iterator]: () => linesFrom(said, list + ENTRIES.length) },
  };
}

/** What stands before the table's own lines, which are the last ones. */
const ENTRIES = '\n%entries\n';

function* linesFrom(text: string, start: number): IterableIterator<string> {
  for (let at = start; at < text.length;) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    if (stop > at) yield text.slice(at, stop);
    at = stop + 1;
  }
}

function split(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    if (/^%[a-z]+( \d+)?$/.test(line)) {
      const [name = '', ...rest] = line.slice(1).split(' ');
      current = rest;
      sections.set(name, current);
    } else if (line !== '') current.push(line);
  }
  return sections;
}

/** Lines of config.xml, each behind a letter that says what it is. */
function parseConfig(
  lines: readonly string[],
  name: string,
): Pick<Report, 'alias' | 'emptyAliases' | 'configured' | 'interfaces' | 'partners'> {
  const marked = (letter: string): string[] => lines.filter((line) => line[0] === letter).map((line) => line.slice(1));
  const blocks = marked('b');
  const sides = new RegExp(`<(address|source_net|destination_net)>${name}<`);
  return {
    alias: blocks.find((block) => /<alias[ >]/.test(block) && block.includes(`<name>${name}<`)) ?? '',
    emptyAliases: marked('m'),
    configured: blocks.filter((block) => /<rule[ >]/.test(block) && sides.test(block)),
    interfaces: marked('i').join('\n'),
    partners: marked('h').flatMap((line) => /<synchronizetoip>([^<]+)/.exec(line)?.[1] ?? []),
  };
}

/** `df -kP`, after what the folder lacks. */
function parseDisk(lines: readonly string[]): Disk | undefined {
  const [, free, mount] = /^.*\s(\d+)\s+\S+%\s+(\/.*)$/.exec(lines.at(-1) ?? '') ?? [];
  if (free === undefined || mount === undefined) return undefined;
  return {
    mount,
    freeKilobytes: Number(free),
    missing: lines.includes('missing'),
    locked: lines.includes('locked'),
  };
}

/** `pfctl -vsr`: each rule, then its counters between brackets. */
function parseRules(lines: readonly string[]): [string, Count][] {
  const rules: [string, Count][] = [];
  for (const line of lines) {
    if (line.startsWith('block ')) rules.push([line, { packets: 0, bytes: 0 }]);
    const counted = /^\s*\[ Evaluations: .* Packets: (\d+)\s+Bytes: (\d+)/.exec(line);
    const last = rules.at(-1);
    if (counted && last) last[1] = { packets: Number(counted[1]), bytes: Number(counted[2]) };
  }
  return rules;
}

interface Mutable {
  name: string;
  addresses: number;
  rules: number;
  blocked: { packets: number; bytes: number };
}

/** `pfctl -vvs Tables`: a line of flags and the name, then lines that begin with a tab. */
function parseTables(lines: readonly string[]): Map<string, TableReport> {
  const tables = new Map<string, TableReport>();
  let table: Mutable | undefined;
  for (const line of lines) {
    const head = /^[-a-zA-Z]+\t(\S+)/.exec(line);
    if (head?.[1] !== undefined) {
      table = { name: head[1], addresses: 0, rules: 0, blocked: { packets: 0, bytes: 0 } };
      tables.set(table.name, table);
      continue;
    }
    if (!table) continue;
    const counted = /^\t(In|Out)\/Block:\s+\[ Packets: (\d+)\s+Bytes: (\d+)/.exec(line);
    if (counted) {
      table.blocked.packets += Number(counted[2]);
      table.blocked.bytes += Number(counted[3]);
    }
    table.addresses = Number(/^\tAddresses:\s+(\d+)/.exec(line)?.[1] ?? table.addresses);
    table.rules = Number(/^\tReferences:.*Rules: (\d+)/.exec(line)?.[1] ?? table.rules);
  }
  return tables;
}

/** The text of an element of the alias's block, as far as we need it. */
export function aliasField(alias: string, field: 'type' | 'address' | 'descr' | 'url'): string {
  return new RegExp(`<${field}>([^<]*)</${field}>`).exec(alias)?.[1]?.trim() ?? '';
}

/** Differs after every boot, filter reload and change of the file by another hand. */
export function epochOf({ boot, rules, file }: Report): string {
  return `${boot} ${rules} ${file}`;
}
