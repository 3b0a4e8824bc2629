import type { Answer } from '../device/table.ts';
import type { EmptyReply, RouterOsOptions } from '../device/options.ts';
import { versionAtLeast } from '../device/version.ts';
import { encodeReply } from '../protocol/reply.ts';
import type { TagPosition } from '../protocol/reply.ts';
import type { Trap } from '../protocol/trap.ts';
import { mulberry32 } from '../../decisions/random.ts';

/** Puts answers and traps into sentences, in the shape that the options ask for. */
export class ReplyWriter {
  /** Two `!trap` sentences instead of one. */
  multiTrap: boolean;
  readonly #tagPosition: TagPosition;
  readonly #empty: EmptyReply;
  readonly #category: 'always' | 'never' | 'sometimes';
  readonly #random: () => number;

  constructor(options: RouterOsOptions, version: string) {
    this.multiTrap = options.multiTrap ?? false;
    this.#tagPosition = options.tagPosition ?? 'first';
    this.#empty = options.emptyReply ?? (versionAtLeast(version, '7.18') ? 'on' : 'off');
    this.#category = options.trapCategory ?? 'sometimes';
    this.#random = mulberry32(options.seed ?? 1);
  }

  done(tag: string | undefined, ret?: string): Buffer {
    return encodeReply('!done', ret === undefined ? [] : [`=ret=${ret}`], tag, this.#tagPosition);
  }

  /** `!done` of a command that has no rows by nature. */
  short(answer: Answer, tag: string | undefined): Buffer {
    const done = this.done(tag, answer.ret);
    if (this.#empty !== 'every-command' || answer.ret !== undefined) return done;
    return Buffer.concat([this.#sentence('!empty', [], tag), done]);
  }

  /** `!re` for each row, `!empty` when there was none and the version says so, `!done`. */
  *rows(rows: Iterable<readonly string[]>, tag: string | undefined): Generator<Buffer> {
    let count = 0;
    for (const words of rows) {
      if (count === 0 && this.#empty === 'before-rows') yield this.#sentence('!empty', [], tag);
      count += 1;
      yield this.#sentence('!re', words, tag);
    }
    if (count === 0 && this.#empty !== 'off') yield this.#sentence('!empty', [], tag);
    if (count === 0 && this.#empty === 'twice') yield this.#sentence('!empty', [], tag);
    yield this.done(tag);
  }

  /** `!trap` and its `!done`. */
  trap(trap: Trap, tag: string | undefined): Buffer {
    const words = [`=message=${trap.message}`];
    const withCategory = this.#category === 'always' || (this.#category === 'sometimes' && this.#random() < 0.5);
    if (trap.category !== undefined && withCategory) words.unshift(`=category=${trap.category}`);
    const first = this.#sentence('!trap', words, tag);
    const second = this.multiTrap ? [this.#sentence('!trap', ['=message=action failed'], tag)] : [];
    return Buffer.concat([first, ...second, this.done(tag)]);
  }

  /** `!fatal` with its bare reason: no tag, and the connection ends behind it. */
  fatal(reason: string): Buffer {
    return encodeReply('!fatal', [reason], undefined, this.#tagPosition);
  }

  #sentence(reply: string, words: readonly string[], tag: string | undefined): Buffer {
    return encodeReply(reply, words, tag, this.#tagPosition);
  }
}
