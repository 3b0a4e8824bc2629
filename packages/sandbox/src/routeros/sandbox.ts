import { describeRows, describeRules, requestOf } from './by-hand.ts';
import type { RouterRow, RouterRule, RowByHand, RuleByHand, RuleHandle } from './by-hand.ts';
import { Router } from './device/router.ts';
import type { RouterOsOptions } from './device/options.ts';
import { wordOfText } from './protocol/codec.ts';
import { Trap } from './protocol/trap.ts';
import { CommandLog } from './server/command-log.ts';
import type { CommandRecord } from './server/command-log.ts';
import { Executor } from './server/executor.ts';
import { Faults } from './server/faults.ts';
import type { Fault, FaultScope } from './server/faults.ts';
import { Listener } from './server/listener.ts';
import { ReplyWriter } from './server/reply-writer.ts';
import type { Pace, Shared } from './server/connection.ts';

const COMMAND_LOG_LENGTH = 2000;

/** A RouterOS device that listens on a port. Start it with `startRouterOs`. */
export class RouterOsSandbox implements AsyncDisposable {
  readonly #router: Router;
  readonly #listener: Listener;
  readonly #executor = new Executor();
  readonly #faults = new Faults();
  readonly #writer: ReplyWriter;
  readonly #log = new CommandLog(COMMAND_LOG_LENGTH);
  /** What commands cost; may be changed at any time. */
  readonly pace: Pace;

  constructor(options: RouterOsOptions) {
    this.#router = new Router(options);
    this.#writer = new ReplyWriter(options, this.#router.version);
    const { serviceTimeMs = 0, scanUsPerRow = 0 } = options;
    this.pace = { serviceTimeMs, scanUsPerRow };
    const shared: Shared = {
      router: this.#router,
      options,
      executor: this.#executor,
      faults: this.#faults,
      writer: this.#writer,
      log: this.#log,
      pace: this.pace,
    };
    this.#listener = new Listener(shared);
  }

  get host(): string {
    return this.#listener.host;
  }

  get port(): number {
    return this.#listener.port;
  }

  get version(): string {
    return this.#router.version;
  }

  /** What was executed, since the start or the last `counters.reset()`. */
  get counters(): Router['counters'] {
    return this.#router.counters;
  }

  /** The last 2,000 commands executed, oldest first, without passwords. */
  get commands(): CommandRecord[] {
    return this.#log.records;
  }

  /** Open connections. */
  get connections(): number {
    return this.#listener.open;
  }

  /** Who is served: others are accepted and closed. Undefined for all. */
  set availableFrom(addresses: readonly string[] | undefined) {
    this.#router.availableFrom = addresses;
  }

  /** The most address-list rows it has memory for, both families together; undefined for any number. */
  set entriesLimit(limit: number | undefined) {
    this.#router.entriesLimit = limit ?? Infinity;
  }

  /** What it says when it is full. */
  set fullWords(words: string) {
    this.#router.fullWords = words;
  }

  /** Refuses some writes with these words (`add`, `set`, `remove`), those that `which` picks by their attributes. */
  refuseWrites(
    name: string,
    words: string,
    which: (attributes: Readonly<Record<string, string>>) => boolean = () => true,
  ): void {
    this.#router.onWrite = (command, attributes) => {
      if (command === name && which(Object.fromEntries(attributes))) throw new Trap(words, 4);
    };
  }

  /** Gives a user another password; sessions that are open stay. */
  setPassword(name: string, password: string): void {
    this.#router.users = this.#router.users.map((user) => (user.name === name ? { ...user, password } : user));
  }

  /** Gives api-ssl another certificate, from the next connection on. */
  useCertificate(tls: { readonly key: string; readonly cert: string }): void {
    this.#listener.useCertificate(tls);
  }

  /** How many rows both address lists hold. */
  get entries(): number {
    return this.#router.addresses[4].size + this.#router.addresses[6].size;
  }

  /** What the router holds now, foreign rows included. */
  rows(family?: 4 | 6, list?: string): RouterRow[] {
    return describeRows(this.#router, family, list);
  }

  /** Canonical addresses of one list, both families, sorted. */
  addressesOf(list: string): string[] {
    return this.rows(undefined, list)
      .map((row) => row.address)
      .sort();
  }

  /** Adds a row as a person would; answers its id. Throws Trap as the router would. */
  addRow(row: RowByHand): string {
    const family = row.family ?? (row.address.includes(':') ? 6 : 4);
    const { list, address, timeout, dynamic, disabled, comment } = row;
    return this.#router.addresses[family].add(requestOf({ list, address, timeout, dynamic, disabled, comment }));
  }

  /** Changes a row behind the client's back. Throws Trap. */
  editRow(family: 4 | 6, id: string, change: Partial<Omit<RowByHand, 'family'>>): void {
    this.#router.addresses[family].set(requestOf({ ...change, '.id': id }));
  }

  disableRow(family: 4 | 6, id: string, disabled = true): void {
    this.editRow(family, id, { disabled });
  }

  /** Throws Trap when there is no such row. */
  removeRow(family: 4 | 6, id: string): void {
    this.#router.addresses[family].remove(requestOf({ '.id': id }));
  }

  /** Empties a list of both families, or every list. Answers how many rows went. */
  wipe(list?: string): number {
    const before = this.#router.addresses[4].size + this.#router.addresses[6].size;
    for (const family of [4, 6] as const) {
      const table = this.#router.addresses[family];
      for (const row of table.rows()) if (list === undefined || row.list === wordOfText(list)) table.delete(row);
    }
    return before - this.#router.addresses[4].size - this.#router.addresses[6].size;
  }

  /** Adds a firewall rule; answers its id. Throws Trap. */
  setRule(rule: RuleByHand): string {
    const { family = 4, table, packets = 0, bytes = 0, dynamic, invalid, builtin, ...settings } = rule;
    const rules = this.#router.rules[family][table];
    const id = rules.add(requestOf(settings));
    const added = rules.find(id);
    const flags = { dynamic: dynamic ?? builtin ?? false, invalid: invalid ?? false, builtin: builtin ?? false };
    if (added) Object.assign(added, { packets, bytes, ...flags });
    return id;
  }

  /** Sets the counters of a rule. */
  countDrops(rule: RuleHandle, packets: number, bytes: number): void {
    const found = this.#router.rules[rule.family][rule.table].find(rule.id);
    if (!found) throw new Error(`no rule ${rule.id}`);
    Object.assign(found, { packets, bytes });
  }

  /** Changes a firewall rule behind the client's back; an empty value takes a setting away. Throws Trap. */
  changeRule(rule: RuleHandle, settings: Readonly<Record<string, string>>): void {
    this.#router.rules[rule.family][rule.table].set(requestOf({ '.id': rule.id, ...settings }));
  }

  /** Moves a firewall rule to the end of its table. Throws Trap. */
  moveRule(rule: RuleHandle): void {
    this.#router.rules[rule.family][rule.table].move(requestOf({ '.id': rule.id }));
  }

  /** Interfaces, their lists and members; what is left out stays. */
  set network(facts: Partial<Router['network']>) {
    this.#router.network = { ...this.#router.network, ...facts };
  }

  /** Removes a firewall rule. Throws Trap when there is none. */
  removeRule(rule: RuleHandle): void {
    this.#router.rules[rule.family][rule.table].remove(requestOf({ '.id': rule.id }));
  }

  rules(): RouterRule[] {
    return describeRules(this.#router);
  }

  /** Dynamic rows gone, uptime at zero, every connection cut, what waited forgotten. */
  reboot(): void {
    this.#executor.clear();
    this.#listener.kill();
    this.#router.reboot();
  }

  /** RST to every connection; the port stays open. */
  kill(): void {
    this.#listener.kill();
  }

  /** Accepts and never answers, until `resume`. */
  hang(): void {
    this.#listener.hang();
  }

  /** Goes on after `hang`, with what was sent meanwhile. */
  resume(): void {
    this.#listener.resume();
  }

  /** Closes the port and every connection: connection refused, until `listen`. */
  refuse(): Promise<void> {
    return this.#listener.refuse();
  }

  /** Opens the same port again. */
  listen(): Promise<void> {
    return this.#listener.listen();
  }

  /** Plans a fault that strikes once; several may be planned. */
  plan(fault: Fault): void {
    this.#faults.plan(fault);
  }

  /** Faults that have not struck yet. */
  get plannedFaults(): number {
    return this.#faults.pending;
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Closes the connection behind the n-th reply from now. */
  closeAfterReplies(count: number, of: FaultScope = 'any'): void {
    this.plan({ kind: 'close', after: count, of });
  }

  /** RST after `count` more commands are executed; the next one is not, and what was not sent yet is lost. */
  rstMidWindow(count: number, of: FaultScope = 'any'): void {
    this.plan({ kind: 'reset', after: count, of });
  }

  /** `!fatal` behind the n-th reply from now, then the end. */
  fatalAfter(count: number, reason = 'session terminated', of: FaultScope = 'any'): void {
    this.plan({ kind: 'fatal', after: count, reason, of });
  }

  /** After `count` replies the next `lost` commands are executed, and the link is cut before they are answered. */
  dropReplyAfterExecuting(count: number, of: FaultScope = 'write', lost = 1): void {
    this.plan({ kind: 'lose', after: count, of, count: lost });
  }

  /** After `count` replies the next one is cut in the middle of a sentence. */
  cutReply(count: number, of: FaultScope = 'any'): void {
    this.plan({ kind: 'cut', after: count, of });
  }

  /** After `count` replies the next command is executed and never answered; the connection goes on. */
  swallowReply(count: number, of: FaultScope = 'any'): void {
    this.plan({ kind: 'silent', after: count, of });
  }

  /** Sends a `!done` to every connection that no command asked for. */
  unsolicitedTag(tag = 'nobody'): void {
    for (const connection of this.#listener.connections()) {
      connection.inject(this.#writer.done(tag));
    }
  }

  /** Closes the port and all connections. */
  async close(): Promise<void> {
    this.#executor.clear();
    await this.#listener.refuse();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Starts a RouterOS device on loopback. Dispose of it with `await using` or `close()`. */
export async function startRouterOs(options: RouterOsOptions = {}): Promise<RouterOsSandbox> {
  const sandbox = new RouterOsSandbox(options);
  await sandbox.listen();
  return sandbox;
}
