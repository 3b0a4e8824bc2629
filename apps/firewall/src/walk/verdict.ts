import type { Concern } from '@bouncer/target';
import { walk } from './walk.ts';
import type { Chains, Opening, Walked } from './walk.ts';

/** Chains through which packets of one path pass one after the other; one of them must block. */
export interface Path {
  /** `what is forwarded`, for people. */
  readonly name: string;
  readonly starts: readonly { readonly chains: Chains; readonly start: string }[];
}

/** What becomes of banned packets on one path. */
export interface PathVerdict {
  /** `unused`: no rule that is reached uses the set. */
  readonly state: 'blocked' | 'doubtful' | 'open' | 'unused';
  /** What was seen, when it is not blocked. */
  readonly seen: string;
}

/** Judges one path: packets of `set` must meet their block before anything lets them through. */
export function judge({ name, starts }: Path, set: string): PathVerdict {
  const walks = starts.map(({ chains, start }) => walk(chains, start, set));
  const verdicts = walks.map((walked) => verdictOf(walked, name, set));
  const order: readonly PathVerdict['state'][] = ['blocked', 'doubtful', 'open'];
  // A chain that lets a packet through does not spare it the next one: the best of them counts.
  return (
    order.flatMap((state) => verdicts.filter((verdict) => verdict.state === state))[0] ?? {
      state: 'unused',
      seen: `no rule that ${name} meets uses ${set}`,
    }
  );
}

function verdictOf({ end, openings, partial }: Walked, name: string, set: string): PathVerdict {
  if (end === 'blocked') {
    const [first] = openings.filter(({ sure }) => sure);
    if (first) return { state: 'open', seen: `${quote(first)} lets ${name} through before the rule for ${set}` };
    const [maybe] = openings;
    if (!maybe) return { state: 'blocked', seen: '' };
    return { state: 'doubtful', seen: `${quote(maybe)} may let ${name} through before the rule for ${set}` };
  }
  const [narrowed] = partial;
  if (narrowed === undefined) return { state: 'unused', seen: '' };
  return { state: 'open', seen: `the rule "${narrowed}" blocks only some of what is in ${set} (${name})` };
}

/** An opening in words. */
export function quote({ chain, text }: Opening): string {
  return `the rule "${text}" in chain ${chain}`;
}

/** What the administrator's own rules leave open; nothing when every set is blocked on both paths. */
export function judgeOwnRules(
  paths: { readonly input: Path; readonly forward: Path },
  set: string,
  forwards: boolean,
  fix: string,
): Concern[] {
  const [input, forward] = [judge(paths.input, set), judge(paths.forward, set)];
  if (input.state === 'unused' && forward.state === 'unused') {
    return [{ level: 'fail', seen: `FIREWALL_SET_ONLY is set, and no rule that is reached uses ${set} to block`, fix }];
  }
  const concerns: Concern[] = [];
  for (const verdict of [input, forward]) {
    if (verdict.state === 'open') concerns.push({ level: 'fail', seen: verdict.seen, fix: `${FIRST}: ${fix}` });
    if (verdict.state === 'doubtful') concerns.push({ level: 'warn', seen: verdict.seen, fix: `${FIRST}: ${fix}` });
  }
  if (input.state === 'unused') concerns.push({ level: 'warn', seen: input.seen, fix });
  if (forward.state === 'unused' && forwards) {
    concerns.push({ level: 'warn', seen: `${forward.seen}: containers and networks behind this host are open`, fix });
  }
  return concerns;
}

const FIRST = 'put the rule for the set first and whole';
