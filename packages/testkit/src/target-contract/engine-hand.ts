import type { AnyTarget, ApplyReport, Capabilities, Changes, Current, Held, HeldEntry, Target } from '@bouncer/target';
import type { Network } from '@bouncer/stream';

type Entries = Map<Network, HeldEntry<unknown>>;

/** What the engine knows of a target: what it can take, what is held, and whether that rests on a listing. */
interface Known {
  capabilities?: Capabilities;
  held: Entries;
  isListed: boolean;
}

/** The engine's half of every target under test. */
const known = new WeakMap<AnyTarget, Known>();

function knownOf(target: AnyTarget): Known {
  const found = known.get(target) ?? { held: new Map(), isListed: false };
  known.set(target, found);
  return found;
}

/** What the engine takes the target to hold. Change it to play an engine that knows better. */
export function heldOf(target: AnyTarget): Entries {
  return knownOf(target).held;
}

/** Opens, and remembers what the target can take; that cannot be changed from here on. */
export async function openBy(target: AnyTarget, signal: AbortSignal): Promise<Capabilities> {
  const capabilities = Object.freeze(await target.open(signal));
  Object.freeze(capabilities.families);
  knownOf(target).capabilities = capabilities;
  return capabilities;
}

/** What the target said that it can take when it was opened. */
export function capabilitiesOf(target: AnyTarget): Capabilities {
  const { capabilities } = knownOf(target);
  if (!capabilities) throw new Error('it was not opened');
  return capabilities;
}

/** Lists, and takes over what was listed, as the engine does. */
export async function listBy<Ref>(target: Target<Ref>, signal: AbortSignal): Promise<Current<Ref>> {
  // Only what the target itself has told is in it.
  const view = new HeldView(knownOf(target).held);
  return takeListing(target, view, signal) as Promise<Current<Ref>>;
}

async function takeListing(target: AnyTarget, view: HeldView, signal: AbortSignal): Promise<Current<unknown>> {
  const { isListed } = knownOf(target);
  const current = await target.list(signal, isListed ? view : undefined);
  view.end();
  freezeAll(current.held.values());
  known.set(target, { ...knownOf(target), held: current.held, isListed: true });
  return { ...current, held: new Map(current.held) };
}

/**
 * Applies as the engine does, with an eye on what the target does with what it is given: changes cannot be changed, `held`
 * can only be looked at, shows what was reported at once, and is of no use afterwards.
 */
export async function applyBy(
  target: AnyTarget,
  changes: Changes<unknown>,
  report: ApplyReport<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const { held } = knownOf(target);
  const view = new HeldView(held);
  freezeAll(changes.create);
  for (const update of changes.update) freezeAll([update, update.entry, update.held]);
  freezeAll(changes.delete);
  freezeAll([changes, changes.create, changes.update, changes.delete]);
  try {
    await target.apply(changes, view, keeping(held, report), signal);
  } finally {
    view.end();
  }
}

function keeping(held: Entries, report: ApplyReport<unknown>): ApplyReport<unknown> {
  return {
    written: (entry) => {
      held.set(entry.network, Object.freeze(entry));
      report.written(entry);
    },
    removed: (entry) => {
      if (held.get(entry.network)?.ref === entry.ref) held.delete(entry.network);
      report.removed(entry);
    },
    refused: (network, reason) => {
      report.refused(network, reason);
    },
  };
}

function freezeAll(items: Iterable<object>): void {
  for (const item of items) Object.freeze(item);
}

/** A map to look at: what would change it is not there, and once the call is over it shows nothing. */
class HeldView implements Held<unknown> {
  #held: Held<unknown>;

  constructor(held: Held<unknown>) {
    this.#held = held;
  }

  /** From here on it is empty: whoever kept it has kept nothing. */
  end(): void {
    this.#held = new Map();
  }

  get size(): number {
    return this.#held.size;
  }

  get(network: Network): HeldEntry<unknown> | undefined {
    return this.#held.get(network);
  }

  has(network: Network): boolean {
    return this.#held.has(network);
  }

  keys(): MapIterator<Network> {
    return this.#held.keys();
  }

  values(): MapIterator<HeldEntry<unknown>> {
    return this.#held.values();
  }

  entries(): MapIterator<[Network, HeldEntry<unknown>]> {
    return this.#held.entries();
  }

  [Symbol.iterator](): MapIterator<[Network, HeldEntry<unknown>]> {
    return this.#held.entries();
  }

  forEach(work: (entry: HeldEntry<unknown>, network: Network, map: Held<unknown>) => void): void {
    for (const [network, entry] of this.#held) work(entry, network, this);
  }
}
