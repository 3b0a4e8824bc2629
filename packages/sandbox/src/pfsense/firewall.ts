import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { printConfigXml } from './config.ts';
import type { Alias, PfSenseConfig } from './config.ts';
import { loadedRules } from './pf-rules.ts';
import type { LoadedRule } from './pf-rules.ts';
import { parsePrefix, TokenError } from './prefix.ts';
import type { Prefix } from './prefix.ts';
import { PfTable } from './pf-table.ts';
import type { TableCounters } from './pf-table.ts';

/** One entry of the state table. */
export interface PfState {
  readonly source: Prefix;
  readonly destination: Prefix;
}

/** Limits of pf. */
export interface PfLimits {
  tableEntries: number;
  requestMaxcount: number;
}

const RESERVED = new Set(['sshguard', 'virusprot', 'bogons', 'bogonsv6', 'negate_networks', 'LOCAL_NETWORKS']);

/** The kernel half and the PHP half of a pfSense: tables, and what a filter reload makes of the configuration. */
export class PfFirewall {
  readonly root: string;
  readonly tables = new Map<string, PfTable>();
  readonly limits: PfLimits = { tableEntries: 400_000, requestMaxcount: 400_000 };
  states: PfState[] = [];
  /** Unix seconds of the last boot. */
  boot = 1_790_000_000;
  /** Rules that were loaded, by the table that they use. */
  references = new Map<string, number>();
  /** What each block rule has counted since the last reload, by table and family. */
  ruleCounters = new Map<string, TableCounters>();
  /** The rules that pf works with. */
  rules: readonly LoadedRule[] = [];
  /** `pfctl -d` takes it away. */
  enabled = true;
  /** pf refuses what a filter reload makes, and goes on with what it has. */
  refusesRules = false;
  /** Schedules whose time it is not. */
  readonly asleep = new Set<string>();
  reloads = 0;
  /** What pfSense told the administrator. */
  readonly notices: string[] = [];
  #epoch = 1_790_000_100;
  #flushes: string[] = [];

  constructor(root: string) {
    this.root = root;
  }

  get config(): PfSenseConfig {
    return JSON.parse(readFileSync(this.path('/cf/conf/config.json'), 'utf8')) as PfSenseConfig;
  }

  /** write_config(): config.json stands for the array in PHP, config.xml is what can be read by others. */
  writeConfig(config: PfSenseConfig): void {
    writeFileSync(this.path('/cf/conf/config.json'), JSON.stringify(config));
    writeFileSync(this.path('/cf/conf/config.xml'), printConfigXml(config));
  }

  path(inside: string): string {
    return path.join(this.root, inside);
  }

  aliasFile(name: string): string {
    return this.path(`/var/db/aliastables/${name}.txt`);
  }

  table(name: string): PfTable {
    const known = this.tables.get(name);
    if (known) return known;
    const table = new PfTable(name, new Date((this.boot + 60) * 1000));
    this.tables.set(name, table);
    return table;
  }

  /** The rules of a table have blocked something from an address of this family. */
  drop(name: string, family: 4 | 6, packets: number, bytes: number): void {
    const rule = `${name} ${family}`;
    for (const known of [this.table(name).counters, this.ruleCounters.get(rule) ?? { packets: 0, bytes: 0 }]) {
      known.packets += packets;
      known.bytes += bytes;
      if (known !== this.table(name).counters) this.ruleCounters.set(rule, known);
    }
  }

  total(): number {
    let sum = 0;
    for (const { entries } of this.tables.values()) sum += entries.size;
    return sum;
  }

  /**
   * filter_configure_sync(): rules.debug, the tables, then what comes late. With `late: false` the flush of empty host
   * aliases is left for `runLateCommands`, as it runs in the background.
   */
  reload({ late = true, known }: { late?: boolean; known?: readonly string[] } = {}): boolean {
    const { config } = this;
    const { aliases } = config;
    const rules = config.rules.filter(({ sched }) => sched === undefined || !this.asleep.has(sched));
    writeFileSync(this.path('/cf/conf/config.xml'), printConfigXml(config));
    this.reloads += 1;
    const lines = [`set limit table-entries ${this.limits.tableEntries}`];
    const loads: { name: string; prefixes: Prefix[] | undefined }[] = [];
    const usable = new Set<string>();
    this.#flushes = [];
    for (const alias of aliases) {
      const line = this.#aliasLine(alias);
      if (line === undefined) continue;
      lines.push(line.text);
      if (line.usable && known?.includes(alias.name) !== false) usable.add(alias.name);
      loads.push({ name: alias.name, prefixes: line.prefixes });
      if (line.flush) this.#flushes.push(alias.name);
    }
    const references = new Map<string, number>();
    const live = rules.filter((rule) => {
      if (rule.disabled) return false;
      const names = [rule.source, rule.destination].filter((one) => /^\w+$/.test(one) && one !== 'any');
      const lost = names.filter((name) => !usable.has(name));
      for (const name of lost) {
        this.notices.push(`Unresolvable source alias '${name}' for rule '${rule.descr ?? ''}'`);
        lines.push(`# Unresolvable source alias '${name}' for rule '${rule.descr ?? ''}'`);
      }
      if (lost.length > 0) return false;
      for (const name of names) references.set(name, (references.get(name) ?? 0) + 1);
      return true;
    });
    const loaded = loadedRules(live);
    lines.push(...loaded.map(({ text }) => text));
    writeFileSync(this.path('/tmp/rules.debug'), `${lines.join('\n')}\n`);
    this.#epoch += 1;
    utimesSync(this.path('/tmp/rules.debug'), this.#epoch, this.#epoch);
    if (this.refusesRules) {
      this.notices.push('There were error(s) loading the rules: syntax error');
      return false;
    }
    // A table with a file or a list is built beside the live one.
    const shadow = loads.reduce((sum, { prefixes }) => sum + (prefixes?.length ?? 0), 0);
    if (this.total() + shadow > this.limits.tableEntries) {
      this.notices.push('There were error(s) loading the rules: cannot define table: Cannot allocate memory');
      return false;
    }
    copyFileSync(this.path('/tmp/rules.debug'), this.path('/cf/conf/rules.debug.old'));
    this.rules = loaded;
    this.references = references;
    this.ruleCounters = new Map();
    for (const { name, prefixes } of loads) {
      const table = this.table(name);
      table.persist = true;
      if (prefixes) table.replace(prefixes);
    }
    const configured = new Set(aliases.map(({ name }) => name));
    for (const name of this.tables.keys()) {
      if (!configured.has(name) && !RESERVED.has(name)) this.tables.delete(name);
    }
    if (late) this.runLateCommands();
    return true;
  }

  /** filter_run_commands_late(). */
  runLateCommands(): void {
    for (const name of this.#flushes) this.tables.get(name)?.entries.clear();
  }

  /**
   * The kernel forgets everything; files stay. Those on a RAM disk come back from the store, which an orderly shutdown
   * fills (`saved`) and a power cut does not.
   */
  reboot({ saved = true } = {}): void {
    const { ramDisk } = this.config;
    if (ramDisk) this.#loseRamDisk(saved);
    this.tables.clear();
    this.states = [];
    this.references = new Map();
    this.rules = [];
    this.enabled = true;
    this.boot += 10_000;
    unlinkSync(this.path('/tmp/rules.debug'));
    this.reload();
  }

  #loseRamDisk(saved: boolean): void {
    const folder = this.path('/var/db/aliastables');
    const store = this.path('/cf/conf/RAM_Disk_Store');
    for (const { name, type } of this.config.aliases) {
      if (!saved || type !== 'urltable' || !existsSync(this.aliasFile(name))) continue;
      mkdirSync(store, { recursive: true });
      execFileSync('tar', [
        '-czf',
        path.join(store, `${name}.txt.tgz`),
        '-C',
        this.root,
        `var/db/aliastables/${name}.txt`,
      ]);
    }
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const archives = existsSync(store) ? readdirSync(store).filter((name) => name.endsWith('.tgz')) : [];
    for (const name of archives) execFileSync('tar', ['-xzf', path.join(store, name), '-C', this.root]);
  }

  #aliasLine(
    alias: Alias,
  ): { text: string; usable: boolean; flush?: boolean; prefixes: Prefix[] | undefined } | undefined {
    const { name, type, address } = alias;
    if (type === 'port') return undefined;
    if (type === 'urltable') return this.#urlTableLine(name);
    // OPNsense's, which no load touches.
    if (type === 'external') return { text: `table <${name}> persist`, usable: true, prefixes: undefined };
    const members = address.split(' ').filter((member) => member !== '');
    if (members.length === 0)
      return { text: `table <${name}> persist`, usable: true, flush: true, prefixes: undefined };
    const aliases = new Set(this.config.aliases.map((one) => one.name));
    const literal = members.filter((member) => !aliases.has(member));
    if (literal.length === 0) return { text: `table <${name}> persist`, usable: true, prefixes: undefined };
    const text = `table <${name}> { ${literal.join(' ')} }`;
    return { text, usable: true, prefixes: literal.map((member) => parsePrefix(member)) };
  }

  #urlTableLine(name: string): { text: string; usable: boolean; prefixes: Prefix[] | undefined } | undefined {
    const file = this.aliasFile(name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return undefined;
    const text = `table <${name}> persist file "/var/db/aliastables/${name}.txt"`;
    return { text, usable: stat.size > 0, prefixes: readPrefixes(readFileSync(file, 'utf8')) };
  }
}

/** The tokens of an address file. @throws TokenError for one that is no address: then nothing of the file counts. */
export function readPrefixes(text: string): Prefix[] {
  return text
    .replaceAll(/#.*$/gm, '')
    .split(/\s+/)
    .filter((token) => token !== '')
    .map((token) => {
      if (token.length >= 256) throw new TokenError('token too long');
      return parsePrefix(token);
    });
}
