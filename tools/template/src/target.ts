import {
  failed,
  passed,
  type ApplyReport,
  type Capabilities,
  type Changes,
  type CheckStep,
  type Concern,
  type Current,
  type HeldEntry,
  type Target,
} from '@bouncer/target';
import { instantNow, messageOf, parseNetwork, type Clock, type Entry, type Network } from '@bouncer/stream';
import type { Device, Row } from './device.ts';

/** Marks the rows that are ours: whatever else stands in the list belongs to somebody else and is left alone. */
const MARK = 'crowdsec-bouncer';

export interface ExampleOptions {
  /** Of the device, for people: host, or host and port. */
  readonly address: string;
  readonly list: string;
}

/** The handle of a row on the device: the engine keeps it in what is held and gives it back; nobody else looks at it. */
type RowId = string;

/**
 * One list on one Example device. The engine decides what has to be there and keeps what is held; the target reads, writes
 * and tells what it did. Of the list it keeps nothing: the device is the truth.
 */
export class ExampleTarget implements Target<RowId> {
  /** For people, logs and the page: the kind and which one. */
  readonly name: string;
  readonly #options: ExampleOptions;
  readonly #device: Device;
  readonly #clock: Clock;
  /** As last seen; undefined before the first look. */
  #isUsed: boolean | undefined;

  constructor(options: ExampleOptions, device: Device, clock: Clock) {
    this.name = `example ${options.address}`;
    this.#options = options;
    this.#device = device;
    this.#clock = clock;
  }

  /** Connects, makes sure that the list can be written, and says what it can hold. Called again after every failure. */
  async open(signal: AbortSignal): Promise<Capabilities> {
    await this.#device.connect(signal);
    this.#isUsed = await this.#device.isUsed(this.#options.list, signal);
    // `expires`: the device drops a row at its end by itself. Where it cannot, say false: the engine deletes it then, and
    // `expiresAt` of what is held is Infinity. `maxEntries`, `maxTimeout`, `batch` are for devices with such limits.
    return { families: [4, 6], ranges: true, expires: true };
  }

  /** What is there now, our own rows only. What cannot be ours as it is (twice, no address) is a stray: it will be deleted. */
  async list(signal: AbortSignal): Promise<Current<RowId>> {
    const held = new Map<Network, HeldEntry<RowId>>();
    const strays: HeldEntry<RowId>[] = [];
    for (const row of await this.#device.rows(this.#options.list, signal)) {
      if (row.comment !== MARK) continue;
      const network = parseNetwork(row.address);
      const found = this.#heldOf(row, network ?? (row.address as Network));
      if (network === undefined || held.has(network)) strays.push(found);
      else held.set(network, found);
    }
    return { held, strays };
  }

  /**
   * Writes the changes: creations first and deletions last, so that there is never a gap. Tells each as soon as it is known:
   * when the link is cut in the middle, what was told counts. An entry that the device refuses is told with its reason, and
   * the others go on; whatever else goes wrong rejects, and the engine reads the device anew.
   */
  async apply(
    changes: Changes<RowId>,
    _held: ReadonlyMap<Network, HeldEntry<RowId>>,
    report: ApplyReport<RowId>,
    signal: AbortSignal,
  ): Promise<void> {
    const { list } = this.#options;
    // An update is an entry whose end has moved.
    for (const { network, expiresAt } of [...changes.create, ...changes.update.map(({ entry }) => entry)]) {
      const timeout = this.#secondsUntil(expiresAt);
      const id = await this.#device.put(list, { address: network, comment: MARK, timeout }, signal);
      report.written({ network, expiresAt, ref: id });
    }
    for (const gone of changes.delete) {
      if (gone.ref !== undefined) await this.#device.remove(list, gone.ref, signal);
      report.removed(gone);
    }
  }

  /** A look, every half minute or so, that is cheap for the device: its count, its uptime. False asks for `list`. */
  async verify(held: ReadonlyMap<Network, HeldEntry<RowId>>, signal: AbortSignal): Promise<boolean> {
    this.#isUsed = await this.#device.isUsed(this.#options.list, signal);
    return (await this.#device.count(this.#options.list, signal)) === held.size;
  }

  /** The doctor's half of the device. Works without `open`, writes nothing. Green means blocked: what is not seen is a warning. */
  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    const { list } = this.#options;
    try {
      await this.#device.connect(signal);
      yield passed('login', `connected to ${this.#options.address}`);
      yield passed('list', `${list} holds ${await this.#device.count(list, signal)} entries`);
      if (await this.#device.isUsed(list, signal)) yield passed('rule', `a rule refuses what is in ${list}`);
      else yield failed('rule', `no rule uses ${list}: nothing is blocked`, this.#ruleFix);
    } catch (error) {
      signal.throwIfAborted();
      yield failed('login', messageOf(error), 'check that the device is up and its address is right');
    }
  }

  /** Why a banned address may get through although the list is in place, as last seen; no I/O. Part of the verdict. */
  concerns(): readonly Concern[] {
    if (this.#isUsed !== false) return [];
    return [{ level: 'fail', seen: `no rule uses ${this.#options.list}: nothing is blocked`, fix: this.#ruleFix }];
  }

  /** What to paste on the device, in an order that works, this configuration's names filled in. */
  setup(): string {
    return `# On ${this.#options.address}:\nlist add ${this.#options.list}\nrule add drop from list ${this.#options.list}\n`;
  }

  /** Ends the connection and leaves everything on the device in place. Never throws. */
  async close(): Promise<void> {
    await this.#device.close();
  }

  get #ruleFix(): string {
    return 'paste what `setup` prints';
  }

  #heldOf({ id, timeout }: Row, network: Network): HeldEntry<RowId> {
    return { network, expiresAt: instantNow(this.#clock) + timeout, ref: id };
  }

  #secondsUntil(expiresAt: Entry['expiresAt']): number {
    return Math.max(1, expiresAt - instantNow(this.#clock));
  }
}
