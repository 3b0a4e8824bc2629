/** What a rule does with the packets that it takes. Rules that only count, log or mark are left out. */
export type Effect = 'accept' | 'block' | 'return' | 'jump' | 'goto' | 'unknown';

/** One rule, as far as it matters to packets whose source is in one of our sets. */
export interface Step {
  /** As the program prints it, for people. */
  readonly text: string;
  readonly effect: Effect;
  /** Where `jump` and `goto` lead. */
  readonly chain?: string | undefined;
  /** The set that the source must be in. */
  readonly set?: string | undefined;
  /** True when it asks for more than that: a port, a state, an interface. */
  readonly narrow: boolean;
  /** True when it asks for something that cannot be judged from outside: a mark, another set, a program. */
  readonly obscure: boolean;
}

/** The rules of each chain, in their order. */
export type Chains = ReadonlyMap<string, readonly Step[]>;

/** A place where a packet of the set is let through before it is blocked. */
export interface Opening {
  readonly chain: string;
  readonly text: string;
  /** False when it cannot be told whether banned packets meet it. */
  readonly sure: boolean;
}

/** What becomes of packets of one set in one chain. */
export interface Walked {
  /** `blocked`: all that are still there. `open`: none is blocked any more. `through`: they come out at the end. */
  readonly end: 'blocked' | 'open' | 'through';
  readonly openings: readonly Opening[];
  /** Rules that block some of them only, and those that use the set without blocking. */
  readonly partial: readonly string[];
}

/** Deeper than any sane ruleset; the kernels themselves stop at 16 (nftables) jumps. */
const MAX_DEPTH = 24;

/**
 * Walks a chain as a packet from a source in `set` would, up to where it is blocked for certain. Pure, and on the safe side:
 * `blocked` without openings means that no packet of the set gets through, whatever else is true of it.
 */
export function walk(chains: Chains, start: string, set: string): Walked {
  const openings: Opening[] = [];
  const partial: string[] = [];
  const end = walkChain(start, MAX_DEPTH);
  return { end, openings, partial };

  function walkChain(chain: string, depth: number): Walked['end'] {
    // Packets may have left this chain early: what blocks behind that point blocks only the rest.
    let leaky = false;
    for (const step of chains.get(chain) ?? []) {
      const isOurs = step.set === undefined || step.set === set;
      const isWhole = isOurs && !step.narrow && !step.obscure;
      const end = endOf(step, chain, isOurs && !step.obscure, depth);
      if (end === 'blocked' && step.set === set && (!isWhole || leaky)) partial.push(step.text);
      const leaves = step.effect === 'return' || (step.effect === 'goto' && end === 'through');
      if (isWhole && (leaves || end !== 'through')) return leaky ? 'through' : end;
      leaky ||= leaves;
    }
    return 'through';
  }

  function endOf(step: Step, chain: string, sure: boolean, depth: number): Walked['end'] {
    switch (step.effect) {
      case 'block':
        return 'blocked';
      case 'accept':
      case 'unknown':
        openings.push({ chain, text: step.text, sure: sure && step.effect === 'accept' });
        return 'open';
      case 'return':
        return 'through';
      case 'jump':
      case 'goto':
        return depth === 0 || step.chain === undefined ? 'through' : inside(sure, step.chain, depth - 1);
    }
  }

  function inside(sure: boolean, target: string, depth: number): Walked['end'] {
    const before = openings.length;
    const end = walkChain(target, depth);
    // What lets through in there is met only by those that the jump takes.
    if (!sure) openings.splice(before, openings.length, ...openings.slice(before).map((each) => ({ ...each, sure })));
    return end;
  }
}

/** The chains of `starts` from which a packet can come to `chain`. */
export function leadersTo(chains: Chains, starts: readonly string[], chain: string): readonly string[] {
  return starts.filter((start) => reaches(chains, start, chain, new Set()));
}

function reaches(chains: Chains, from: string, to: string, seen: Set<string>): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return (chains.get(from) ?? []).some((step) => step.chain !== undefined && reaches(chains, step.chain, to, seen));
}
