import { shown } from '@bouncer/target';
import { command, read } from './routeros/command.ts';
import { missingPolicy, trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { attribute } from './routeros/sentence.ts';
import type { Sentence } from './routeros/sentence.ts';
import { parseTimeout } from './routeros/timeouts.ts';

/** What `/system/resource` tells. Sizes in bytes, uptime in seconds, load in percent of all cores. */
export interface Resource {
  readonly version: string;
  readonly board: string;
  readonly uptime: number;
  readonly cpuLoad: number;
  readonly freeMemory: number;
  readonly totalMemory: number;
}

const VERSION = attribute('version');
const BOARD = attribute('board-name');
const UPTIME = attribute('uptime');
const CPU_LOAD = attribute('cpu-load');
const FREE_MEMORY = attribute('free-memory');
const TOTAL_MEMORY = attribute('total-memory');
const GROUP = attribute('group');
const POLICY = attribute('policy');
const MIB = 1024 * 1024;

/** The policies that we need; `write` covers all configuration, RouterOS has nothing narrower. */
const POLICIES = ['read', 'write', 'api'] as const;

/** Reads `/system/resource`. AuthError when the policy `read` is missing. */
export async function readResource(link: Link, signal: AbortSignal): Promise<Resource> {
  const properties = 'version,board-name,uptime,cpu-load,free-memory,total-memory';
  const [resource] = await read(link, ['/system/resource/print', `=.proplist=${properties}`], signal, toResource);
  return resource ?? { version: '', board: '', uptime: 0, cpuLoad: 0, freeMemory: 0, totalMemory: 0 };
}

function toResource(row: Sentence): Resource {
  const number = (text: string | undefined): number => Number(text ?? 0) || 0;
  return {
    version: row.value(VERSION) ?? '',
    board: row.value(BOARD) ?? '',
    uptime: parseTimeout(row.value(UPTIME) ?? '') ?? 0,
    cpuLoad: number(row.value(CPU_LOAD)),
    freeMemory: number(row.value(FREE_MEMORY)),
    totalMemory: number(row.value(TOTAL_MEMORY)),
  };
}

/** The policies of a user as the router lists them; undefined when it does not let us see them. */
async function readPolicies(link: Link, user: string, signal: AbortSignal): Promise<string[] | undefined> {
  const group = await firstValue(link, ['/user/print', '=.proplist=group', `?name=${user}`], GROUP, signal);
  if (group === undefined) return undefined;
  const menu = ['/user/group/print', '=.proplist=name,policy', `?name=${group}`];
  const policies = await firstValue(link, menu, POLICY, signal);
  // What is denied is listed as well, with an exclamation mark.
  return policies?.split(',').filter((policy) => policy !== '' && !policy.startsWith('!'));
}

/** What a user may do, as far as the router lets it be seen. */
export interface Rights {
  /** Of the policies that we need; undefined when there is no telling. */
  readonly missing: readonly string[] | undefined;
  /** How it is known, for people. */
  readonly seen: string;
}

/**
 * Finds out whether the user has the policies that we need. Where the router does not show its groups, a row that cannot
 * exist is enabled: the router asks for the right first, and changes nothing.
 */
export async function readRights(link: Link, user: string, signal: AbortSignal): Promise<Rights> {
  const policies = await readPolicies(link, user, signal);
  if (policies) return { missing: POLICIES.filter((policy) => !policies.includes(policy)), seen: policies.join(',') };
  const words = ['/ip/firewall/address-list/enable', '=.id=*FFFFFFFF'];
  const { trap = '' } = await command(link, words, signal);
  if (trapKind(trap) === 'permission') return { missing: ['write'], seen: trap };
  if (trapKind(trap) === 'missing') return { missing: [], seen: `${POLICIES.join(',')}, by trying` };
  return { missing: undefined, seen: 'the router does not show the policies of this user' };
}

/** Throws AuthError when the user is known to lack a policy. */
export function demandPolicies({ missing = [], seen }: Rights, user: string): void {
  if (missing.length > 0) throw missingPolicy(missing, `user ${shown(user)}: ${seen || 'none'}`);
}

async function firstValue(
  link: Link,
  words: readonly string[],
  name: ReturnType<typeof attribute>,
  signal: AbortSignal,
): Promise<string | undefined> {
  let value: string | undefined;
  const { trap } = await command(link, words, signal, (row) => {
    value ??= row.value(name);
  });
  return trap === undefined ? value : undefined;
}

/**
 * The most entries that a small router should be given, by its memory in bytes; undefined: as many as there are.
 * The limits are a judgement from what users report (25,000 rows are too many for 64 MB, 35,000 trouble 256 MB).
 */
export function entriesFor(totalMemory: number): number | undefined {
  if (totalMemory <= 0) return undefined;
  if (totalMemory <= 64 * MIB) return 5_000;
  if (totalMemory <= 128 * MIB) return 15_000;
  return totalMemory <= 256 * MIB ? 30_000 : undefined;
}
