import { hintOf, messageOf, parseNetwork, type Network } from '@bouncer/stream';
import {
  concernsOf,
  failed,
  type ApplyReport,
  type Capabilities,
  type Changes,
  type CheckStep,
  type Concern,
  type Current,
  type Finding,
  type Held,
  type HeldEntry,
  type Target,
} from '@bouncer/target';
import { fileFix, type AclFile } from './acl-file.ts';
import { ownAcl, readAcls, readRows, type Acl } from './answers.ts';
import { AclWriter } from './acl-writer.ts';
import { checkHaproxy } from './check.ts';
import { printSocket, type HaproxyOptions } from './config.ts';
import { readConfiguration } from './configuration/read.ts';
import { judgeRules } from './configuration/rules.ts';
import { readInfo } from './info.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { setupText } from './setup.ts';

/** HAProxy's pointer to an entry; kept for strays only, which may be equal to what is held. */
type Pointer = string;

/** One ACL of one running HAProxy. Its entries carry no mark and no end: the ACL is owned by the connector as a whole, and the engine ends them. */
export class HaproxyTarget implements Target<Pointer> {
  readonly name: string;
  readonly #options: HaproxyOptions;
  readonly #api: RuntimeApi;
  readonly #file: AclFile | undefined;
  readonly #writer: AclWriter;
  /** The process that was last read: another one has other entries, though it may have as many. */
  #process = '';
  #rules: Finding | undefined;
  #fileProblem: string | undefined;

  constructor(options: HaproxyOptions, api: RuntimeApi, file: AclFile | undefined) {
    this.name = `haproxy ${printSocket(options.socket)}`;
    this.#options = options;
    this.#api = api;
    this.#file = file;
    this.#writer = new AclWriter(api, options.acl);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    await this.#look(signal);
    return { families: [4, 6], ranges: true, expires: false };
  }

  async list(signal: AbortSignal): Promise<Current<Pointer>> {
    await this.#look(signal);
    const held = new Map<Network, HeldEntry<Pointer>>();
    const strays: HeldEntry<Pointer>[] = [];
    for (const { pointer, text } of readRows(await this.#api.ask(`show acl ${this.#options.acl}`, signal))) {
      const network = parseNetwork(text);
      if (network === text && !held.has(network)) held.set(network, { network, expiresAt: Infinity });
      else strays.push({ network: text as Network, expiresAt: Infinity, ref: pointer });
    }
    return { held, strays, needsApply: this.#fileIsWrong(() => this.#file?.holds(held) === true) };
  }

  async apply(
    changes: Changes<Pointer>,
    held: Held<Pointer>,
    report: ApplyReport<Pointer>,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = [...changes.create, ...changes.update.map(({ entry }) => entry)].map(({ network }) => network);
    const present = await this.#present(held, signal);
    const networks = new Set([...held.keys(), ...wanted]);
    for (const { network, ref } of changes.delete) if (ref === undefined) networks.delete(network);
    const isChanged = wanted.length + changes.delete.length > 0;
    // The file first: a process that starts in between has the whole list, and at worst an entry twice.
    if (isChanged || this.#file?.isUntouched() === false) await this.#writeFile(networks);
    const refusals: Network[] = [];
    await this.#writer.add(wanted, present, signal, (network, refusal) => {
      if (refusal === undefined) report.written({ network, expiresAt: Infinity });
      else {
        refusals.push(network);
        report.refused(network, refusal);
      }
    });
    await this.#writer.remove(changes.delete, signal, (gone) => {
      report.removed(gone);
    });
    if (refusals.length === 0) return;
    // HAProxy would not start with what it does not take.
    for (const network of refusals) networks.delete(network);
    await this.#writeFile(networks);
  }

  async verify(held: Held<Pointer>, signal: AbortSignal): Promise<boolean> {
    const before = this.#process;
    const { entries } = await this.#look(signal);
    const isSame = before === this.#process && entries === held.size;
    return isSame && !this.#fileIsWrong(() => this.#file?.isUntouched() === true);
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    try {
      yield* checkHaproxy(this.#api, this.#options, this.#file, signal);
    } catch (error) {
      signal.throwIfAborted();
      yield failed('socket', messageOf(error), hintOf(error) || 'check that HAProxy runs');
    }
  }

  concerns(): readonly Concern[] {
    const findings: Finding[] = this.#rules === undefined ? [] : [this.#rules];
    if (this.#file !== undefined && this.#fileProblem !== undefined) {
      const { path } = this.#file;
      findings.push({ level: 'unseen', seen: `${path} is not kept: ${this.#fileProblem}`, fix: fileFix(path) });
    }
    return concernsOf(findings);
  }

  setup(): string {
    return setupText(this.#options);
  }

  async close(): Promise<void> {
    // A connection lasts for one line of commands.
  }

  /** Which process answers, and our ACL in it. */
  async #look(signal: AbortSignal): Promise<Acl> {
    const { process } = readInfo(await this.#api.ask('show info', signal));
    const acl = ownAcl(readAcls(await this.#api.ask('show acl', signal)), this.#options.acl);
    this.#process = process;
    this.#rules = judgeRules(acl, readConfiguration);
    return acl;
  }

  /** What is in the ACL already: HAProxy takes an entry twice. As the engine knows it, unless HAProxy has more or fewer. */
  async #present(held: Held<Pointer>, signal: AbortSignal): Promise<{ has(network: Network): boolean }> {
    const { entries } = await this.#look(signal);
    return entries === held.size ? held : (await this.list(signal)).held;
  }

  #fileIsWrong(isRight: () => boolean): boolean {
    this.#fileProblem = this.#file?.problem();
    return this.#file !== undefined && this.#fileProblem === undefined && !isRight();
  }

  /** A disk that is full stops no client: it is told, and tried again with the next listing. */
  async #writeFile(networks: ReadonlySet<Network>): Promise<void> {
    this.#fileProblem = this.#file?.problem();
    if (this.#fileProblem !== undefined) return;
    try {
      await this.#file?.write(networks);
    } catch (error) {
      this.#fileProblem = messageOf(error);
    }
  }
}
