import type { Clock } from '@bouncer/stream';
import type { Request } from '../protocol/request.ts';
import { traps } from '../protocol/trap.ts';
import { ADDRESS_PROPERTIES } from './address-row.ts';
import type { AddressRow } from './address-row.ts';
import { canonicalV4, canonicalV6 } from './canonical.ts';
import type { CanonicalAddress } from './canonical.ts';
import { formatDate } from './dates.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { printId, RowStore, workOnEach } from './row-store.ts';
import type { BatchRules } from './row-store.ts';
import { checkParameters, idsOf, parseBoolean } from './table.ts';
import type { Table } from './table.ts';
import { formatTimeout, parseTimeout } from './timeout.ts';
import { versionAtLeast } from './version.ts';

export interface AddressListOptions extends BatchRules {
  readonly family: 4 | 6;
  readonly clock: Clock;
  readonly version: string;
  /** Addresses of a DNS name, for the dynamic children of a name row. */
  readonly resolve: (name: string) => readonly string[];
  /** Throws the trap when there is no memory for another row. */
  readonly demandRoom: () => void;
}

/** `/ip/firewall/address-list` or its IPv6 twin. Every answer is as of the clock's now: what has expired is gone. */
export class AddressList implements Table<AddressRow> {
  readonly properties = ADDRESS_PROPERTIES;
  readonly #options: AddressListOptions;
  readonly #store = new RowStore<AddressRow>();
  /** `list\naddress` to number: makes the duplicate check O(1). */
  readonly #index = new Map<string, number>();
  readonly #expiry = new ExpiryQueue();
  readonly #addParameters: ReadonlySet<string>;
  readonly #setParameters: ReadonlySet<string>;

  constructor(options: AddressListOptions) {
    this.#options = options;
    const settable = ['list', 'address', 'timeout', 'disabled', 'comment'];
    if (versionAtLeast(options.version, '7')) settable.push('dynamic');
    this.#addParameters = new Set(settable);
    this.#setParameters = new Set([...settable, '.id', 'numbers']);
  }

  get size(): number {
    this.expire();
    return this.#store.size;
  }

  rows(): Iterable<AddressRow> {
    this.expire();
    return this.#store.walk();
  }

  find(id: string): AddressRow | undefined {
    this.expire();
    return this.#store.find(id);
  }

  value(row: AddressRow, property: string): string | undefined {
    switch (property) {
      case '.id':
        return printId(row.number);
      case 'list':
      case 'address':
      case 'comment':
        return row[property];
      case 'creation-time':
        return formatDate(row.createdAt, this.#options.version);
      case 'timeout':
        return row.expiresAt === undefined ? undefined : formatTimeout(this.secondsLeft(row) ?? 0);
      case 'dynamic':
      case 'disabled':
        return String(row[property]);
      default:
        return undefined;
    }
  }

  /** Whole seconds until the row goes, rounded up; undefined when it stays. */
  secondsLeft(row: AddressRow): number | undefined {
    if (row.expiresAt === undefined) return undefined;
    return Math.max(0, Math.ceil((row.expiresAt - this.#options.clock.now()) / 1000));
  }

  /** `add`. Answers the new row's id. Throws the router's traps. */
  add(request: Request): string {
    checkParameters(request, this.#addParameters);
    this.expire();
    const { attributes } = request;
    const list = attributes.get('list');
    const text = attributes.get('address');
    if (list === undefined) throw traps.missing('list');
    if (list === '') throw traps.invalidValue('list');
    if (text === undefined) throw traps.missing('address');
    const timeout = attributes.get('timeout');
    const seconds = timeout === undefined ? undefined : parseTimeout(timeout);
    const disabled = parseBoolean('disabled', attributes.get('disabled') ?? 'no');
    const dynamic = parseBoolean('dynamic', attributes.get('dynamic') ?? 'no') || seconds !== undefined;
    const address = this.#canonical(text);
    if (this.#index.has(keyOf(list, address.text))) throw traps.duplicate();
    this.#options.demandRoom();
    const comment = attributes.get('comment') || undefined;
    const row = this.#insert({ list, address: address.text, kind: address.kind, dynamic, disabled, comment });
    if (seconds !== undefined) this.#arm(row, seconds);
    if (row.kind === 'name') this.#spawnChildren(row);
    return printId(row.number);
  }

  /** `set`. Answers how many rows were touched. Throws the router's traps. */
  set(request: Request): number {
    checkParameters(request, this.#setParameters);
    this.expire();
    return this.#workOn(request, (row) => {
      this.#change(row, request.attributes);
    });
  }

  /** `remove`. Answers how many rows were touched. Throws the router's traps. */
  remove(request: Request): number {
    checkParameters(request, new Set(['.id', 'numbers']));
    this.expire();
    return this.#workOn(request, (row) => {
      this.delete(row);
    });
  }

  /** Takes a row out, and the children of a name row with it. */
  delete(row: AddressRow): void {
    if (!this.#store.delete(row.number)) return;
    if (this.#index.get(keyOf(row.list, row.address)) === row.number) this.#index.delete(keyOf(row.list, row.address));
    if (row.kind !== 'name') return;
    for (const child of this.#store.walk()) if (child.parent === row.number) this.delete(child);
  }

  /** What a reboot leaves: static rows. */
  reboot(restartNumbers: boolean): void {
    for (const row of this.#store.walk()) if (row.dynamic) this.delete(row);
    if (restartNumbers) this.#store.restartNumbers();
    for (const row of this.#store.walk()) if (row.kind === 'name') this.#spawnChildren(row);
  }

  /** Drops what is due. */
  expire(): void {
    const now = this.#options.clock.now();
    for (let due = this.#expiry.takeDue(now); due; due = this.#expiry.takeDue(now)) {
      const row = this.#store.get(due.number);
      if (row?.expiresAt === due.at) this.delete(row);
    }
  }

  #workOn(request: Request, work: (row: AddressRow) => void): number {
    return workOnEach(idsOf(request), (id) => this.#store.find(id), this.#options, work);
  }

  #canonical(text: string): CanonicalAddress {
    return this.#options.family === 4 ? canonicalV4(text) : canonicalV6(text);
  }

  #insert(fields: Omit<AddressRow, 'number' | 'createdAt' | 'expiresAt'>): AddressRow {
    const number = this.#store.nextNumber();
    const row: AddressRow = { ...fields, number, createdAt: this.#options.clock.wall(), expiresAt: undefined };
    this.#store.put(row);
    this.#index.set(keyOf(row.list, row.address), number);
    return row;
  }

  #arm(row: AddressRow, seconds: number): void {
    row.expiresAt = this.#options.clock.now() + seconds * 1000;
    row.dynamic = true;
    this.#expiry.add(row.expiresAt, row.number);
  }

  #change(row: AddressRow, attributes: ReadonlyMap<string, string>): void {
    const timeout = attributes.get('timeout');
    const seconds = timeout === undefined ? undefined : parseTimeout(timeout);
    const disabled = parseBoolean('disabled', attributes.get('disabled') ?? String(row.disabled));
    const dynamic = parseBoolean('dynamic', attributes.get('dynamic') ?? String(row.dynamic));
    const list = attributes.get('list') ?? row.list;
    const text = attributes.get('address');
    const address = text === undefined ? { kind: row.kind, text: row.address } : this.#canonical(text);
    const holder = this.#index.get(keyOf(list, address.text));
    if (holder !== undefined && holder !== row.number) throw traps.duplicate();
    this.#index.delete(keyOf(row.list, row.address));
    this.#index.set(keyOf(list, address.text), row.number);
    const inRam = dynamic || row.expiresAt !== undefined;
    Object.assign(row, { list, address: address.text, kind: address.kind, disabled, dynamic: inRam });
    if (attributes.has('comment')) row.comment = attributes.get('comment') || undefined;
    if (seconds !== undefined) this.#arm(row, seconds);
  }

  /** The router resolves the name and keeps what it found as rows of its own, commented with the name, without a timeout. */
  #spawnChildren(parent: AddressRow): void {
    for (const text of this.#options.resolve(parent.address)) {
      const address = this.#canonical(text);
      if (this.#index.has(keyOf(parent.list, address.text))) continue;
      const fields = { list: parent.list, address: address.text, kind: address.kind, comment: parent.address };
      this.#insert({ ...fields, dynamic: true, disabled: parent.disabled, parent: parent.number });
    }
  }
}

function keyOf(list: string, address: string): string {
  return `${list}\n${address}`;
}
