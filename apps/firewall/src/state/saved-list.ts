import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '@bouncer/target';
import {
  instantNow,
  messageOf,
  parseNetwork,
  type Clock,
  type Entry,
  type Instant,
  type Network,
} from '@bouncer/stream';

const FILE = 'last-list';
const HEAD = 'crowdsec-firewall-bouncer 1';
/** It is written no oftener than this, in milliseconds: a hundred thousand entries are four megabytes. */
const EVERY_MS = 60_000;

/** An entry, as either kind of target holds it. */
interface Kept {
  readonly network: Network;
  readonly expiresAt: Instant;
  /** The set that it is in, where that tells of its origin. */
  readonly ref?: string | undefined;
}

type KeptEntries = ReadonlyMap<Network, Kept>;

interface SavedListOptions {
  /** FIREWALL_STATE_DIR; without it nothing is kept. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** What may be blocked of a network: ALLOWLIST may have grown since. */
  readonly allowed: (network: Network) => readonly Network[];
  /** Origin and list of an entry, as they are counted. */
  readonly labelOf?: (held: Kept) => string;
}

/** The last list, on disk for a start without LAPI: after a reboot the kernel is empty, and LAPI may be away. */
export class SavedList {
  readonly #options: SavedListOptions;
  #isChanged = false;
  #savedAt = -Infinity;
  #held: KeptEntries | undefined;

  constructor(options: SavedListOptions) {
    this.#options = options;
  }

  /** Something was written to the kernel. */
  note(held: KeptEntries): void {
    this.#held = held;
    this.#isChanged = true;
  }

  /** Writes what is held, if it has changed and was not written just now; never throws. With `isLast` in any case. */
  save(held: KeptEntries | undefined = this.#held, isLast = false): void {
    const { folder, clock, log } = this.#options;
    const isDue = isLast || clock.now() - this.#savedAt >= EVERY_MS;
    if (folder === undefined || held === undefined || !this.#isChanged || !isDue) return;
    this.#isChanged = false;
    this.#savedAt = clock.now();
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, FILE);
      writeFileSync(`${file}.new`, this.#text(held), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      const hint = 'FIREWALL_STATE_DIR has to be a folder that the connector may write to';
      log.warn({ folder, error: messageOf(error), hint }, 'the list cannot be kept for a start without LAPI');
    }
  }

  /** What was saved and has not ended; nothing when there is no such file, or it is not ours. */
  read(): readonly Entry[] {
    const { folder, clock, allowed } = this.#options;
    if (folder === undefined) return [];
    let text: string;
    try {
      text = readFileSync(path.join(folder, FILE), 'utf8');
    } catch {
      return [];
    }
    const [head, ...lines] = text.split('\n');
    // Cut off at its end it is no less true: every line stands for itself.
    if (head !== HEAD) return [];
    const [wall, now] = [clock.wall() / 1000, instantNow(clock)];
    return lines.flatMap((line) => {
      const [address = '', end = '', label = ''] = line.split('\t');
      const network = parseNetwork(address);
      const left = Math.floor(Number(end) - wall);
      if (network === undefined || !/^\d+$/.test(end) || left < 1) return [];
      const [, list] = /^lists:(.*)$/.exec(label) ?? [];
      const [origin, scenario] = list === undefined ? [label, ''] : ['lists', list];
      return allowed(network).map((part) => ({ network: part, expiresAt: now + left, origin, scenario, type: 'ban' }));
    });
  }

  #text(held: KeptEntries): string {
    const { clock, labelOf = () => '' } = this.#options;
    const [wall, now] = [Math.floor(clock.wall() / 1000), instantNow(clock)];
    const lines = [HEAD];
    for (const each of held.values()) {
      if (Number.isFinite(each.expiresAt))
        lines.push(`${each.network}\t${wall + each.expiresAt - now}\t${labelOf(each)}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
