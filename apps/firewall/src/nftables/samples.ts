import type { Held } from '@bouncer/target';
import { instantNow, isSingle, type Clock, type Network } from '@bouncer/stream';
import { RangeBook } from './range-book.ts';
import { ENDS_SOON_SECONDS, keyOf, placeOf } from './script.ts';
import { Transaction } from './transaction.ts';

/** So many elements of each set are looked up at every verification. */
const SAMPLES = 4;

/** A trial of deleting a few elements of each set: the kernel says whether they are there, and nothing is listed. */
export function samplesOf(held: Held<string>, table: string, clock: Clock): Transaction {
  const transaction = new Transaction();
  const after = instantNow(clock) + ENDS_SOON_SECONDS;
  const chosen = new Map<string, Network[]>();
  const seen = new Map<string, number>();
  for (const { network, expiresAt, ref } of held.values()) {
    if (ref === undefined || !isSingle(network) || expiresAt <= after) continue;
    const set = chosen.get(ref) ?? [];
    const count = (seen.get(ref) ?? 0) + 1;
    seen.set(ref, count);
    chosen.set(ref, set);
    const place = set.length < SAMPLES ? set.length : Math.floor(Math.random() * count);
    if (place < SAMPLES) set[place] = network;
  }
  for (const [set, networks] of chosen) {
    transaction.elements(['delete'], placeOf(table, set), networks, keyOf);
  }
  for (const [set, element] of new RangeBook(held).samples(after, clock)) {
    transaction.elements(['delete'], placeOf(table, set), [element], (one) => one);
  }
  return transaction;
}
