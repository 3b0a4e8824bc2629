import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { applyBy } from '@bouncer/testkit';
import type { AnyTarget, Changes, HeldEntry } from '@bouncer/target';
import { sectionOf } from '@bouncer/testkit';
import { instantNow, systemClock, type Entry, type Network } from '@bouncer/stream';
import type { FirewallSettings } from '../src/config.ts';
import { allowedBy, neverBanned } from '../src/walk/sources.ts';
import { NOTHING_GIVEN } from '../src/setup/given-settings.ts';
import { programRunner } from '../src/program.ts';
import type { Run, RunProgram } from '../src/program.ts';
import type { Namespace } from './namespace.ts';

/** Settings as they are by default. */
export function firewallOf(more: Partial<FirewallSettings> = {}): FirewallSettings {
  const isNft = more.mode !== 'iptables';
  return {
    mode: 'nftables',
    table: 'crowdsec',
    hooks: isNft ? ['input', 'forward'] : ['INPUT', 'FORWARD'],
    priority: -10,
    setOnly: false,
    denyAction: 'DROP',
    denyLog: false,
    logPrefix: 'crowdsec drop:',
    blockOutgoing: false,
    interfaces: [],
    connections: 'all',
    families: [4, 6],
    isNeverBanned: neverBanned([], false),
    allowed: allowedBy([], false),
    given: NOTHING_GIVEN,
    ...more,
  };
}

/** Programs run in a namespace, and counted. */
export class CountedPrograms {
  readonly runs: Run[] = [];
  readonly #run: RunProgram;

  constructor(namespace: Namespace) {
    this.#run = programRunner(namespace.prefix);
  }

  readonly run: RunProgram = (run) => {
    this.runs.push(run);
    return this.#run(run);
  };

  /** Runs that may have changed something. */
  get writes(): number {
    return this.runs.filter(({ args, program }) => {
      if (program === 'nft') return args.includes('-f') && !args.includes('-c');
      return program.endsWith('restore') || args[0] === 'restore';
    }).length;
  }
}

/** Never aborted. */
export const calm = new AbortController().signal;

/** An entry of the community list that ends so many seconds from now. */
export function entry(network: string, seconds = 3600): Entry {
  return {
    network: network as Network,
    expiresAt: instantNow(systemClock) + seconds,
    origin: 'CAPI',
    scenario: 'ssh',
    type: 'ban',
  };
}

/** What a target told while it applied. */
export interface Told {
  readonly written: ReadonlyMap<Network, HeldEntry<unknown>>;
  readonly removed: ReadonlySet<Network>;
}

/** Applies some changes. */
export async function apply(target: AnyTarget, changes: Partial<Changes<unknown>>): Promise<Told> {
  const written = new Map<Network, HeldEntry<unknown>>();
  const removed = new Set<Network>();
  const report = {
    written: (held: HeldEntry<unknown>) => void written.set(held.network, held),
    removed: (held: HeldEntry<unknown>) => void removed.add(held.network),
    refused: () => {
      throw new Error('nothing is ever refused');
    },
  };
  await applyBy(target, { create: [], update: [], delete: [], ...changes }, report, calm);
  return { written, removed };
}

/** Carries out the first section of `setup` in a shell, as it stands. */
export async function pasteOwnRules(namespace: Namespace, setup: string): Promise<void> {
  const [program, ...args] = [...namespace.prefix, 'sh', '-ec', sectionOf(setup, '# FIREWALL_SET_ONLY')];
  await promisify(execFile)(program, args);
}
