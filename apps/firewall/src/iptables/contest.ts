import type { Concern } from '@bouncer/target';
import { quote } from '../walk/verdict.ts';
import type { Overtaken } from './rules.ts';

/** From so many times on it is told that somebody keeps putting a rule before ours. */
const TOLD_FROM = 3;
/** So many looks in a row without it, and it is over. With a look every 20 s: 10 minutes. */
const OVER_AFTER = 30;

interface Round {
  readonly overtaken: Overtaken;
  readonly times: number;
  /** Looks since it was seen last. */
  readonly calm: number;
}

/** Remembers who stands before our rules again and again: they are put first once a look, and that is told. */
export class Contest {
  #rounds = new Map<string, Round>();

  /** Takes what one look found. */
  note(seen: readonly Overtaken[]): void {
    const rounds = new Map<string, Round>();
    for (const [key, round] of this.#rounds) {
      if (round.calm < OVER_AFTER) rounds.set(key, { ...round, calm: round.calm + 1 });
    }
    for (const overtaken of seen) {
      const key = `${overtaken.hook} ${overtaken.text}`;
      rounds.set(key, { overtaken, times: (this.#rounds.get(key)?.times ?? 0) + 1, calm: 0 });
    }
    this.#rounds = rounds;
  }

  /** What is told of it while it goes on. */
  concerns(): readonly Concern[] {
    return [...this.#rounds.values()]
      .filter(({ times }) => times >= TOLD_FROM)
      .map(({ overtaken, times }) => ({
        level: 'warn',
        seen: `another program keeps inserting ${quote(overtaken)} before the blocking rule in ${overtaken.hook} (${times} times): each time banned addresses get through for up to 20 s`,
        fix: 'let that program insert its rules after the blocking rule, or use FIREWALL_MODE=nftables, where no order matters',
      }));
  }
}
