import { instantNow } from '@bouncer/stream';
import type { Clock, Entry, Network } from '@bouncer/stream';
import type { Held, HeldEntry } from '@bouncer/target';
import { BlockList } from './block-list.ts';

/** What is enforced, by its remediation: a network stands on one list, never on none while it moves. */
export class Enforced {
  readonly blocked = new BlockList();
  /** Who has to solve a captcha. */
  readonly captchas = new BlockList();
  readonly #hasCaptcha: boolean;

  /** Without a captcha to show, one is a ban. */
  constructor(hasCaptcha: boolean) {
    this.#hasCaptcha = hasCaptcha;
  }

  get size(): number {
    return this.blocked.size + this.captchas.size;
  }

  put({
    network,
    expiresAt,
    type,
    scenario = '',
  }: Omit<HeldEntry, 'origin'> & Partial<Pick<Entry, 'scenario'>>): HeldEntry {
    const isCaptcha = this.#hasCaptcha && type === 'captcha';
    const [list, other] = isCaptcha ? [this.captchas, this.blocked] : [this.blocked, this.captchas];
    list.set(network, expiresAt, scenario);
    other.delete(network);
    return this.#hasCaptcha ? { network, expiresAt, type } : { network, expiresAt };
  }

  delete(network: Network): void {
    this.blocked.delete(network);
    this.captchas.delete(network);
  }

  *entries(): Generator<HeldEntry, undefined> {
    yield* this.blocked.entries();
    for (const entry of this.captchas.entries()) yield { ...entry, type: 'captcha' };
    return undefined;
  }

  /** All of it, less what has come to its end, which goes. What is known already stays the same object. */
  sweep(known: Held, clock: Clock): Map<Network, HeldEntry> {
    const now = instantNow(clock);
    const held = new Map<Network, HeldEntry>();
    const ended: Network[] = [];
    for (const entry of this.entries()) {
      const before = known.get(entry.network);
      const isSame =
        before?.expiresAt === entry.expiresAt && (before.type === 'captcha') === (entry.type === 'captcha');
      if (entry.expiresAt <= now) ended.push(entry.network);
      else held.set(entry.network, isSame ? before : entry);
    }
    for (const network of ended) this.delete(network);
    return held;
  }
}
