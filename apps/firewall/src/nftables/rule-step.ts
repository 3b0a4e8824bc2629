import * as z from 'zod';
import type { IsNeverBanned } from '../walk/sources.ts';
import type { Effect, Step } from '../walk/walk.ts';

/** An expression of a rule, as `nft -j` tells it: one key, which says what it is. */
type Expression = Readonly<Record<string, unknown>>;

/** Whose packets are followed through the rules. */
export interface Followed {
  readonly set: string;
  readonly family: 4 | 6;
  readonly isNeverBanned: IsNeverBanned;
}

const VERDICTS: Readonly<Record<string, Effect>> = {
  accept: 'accept',
  drop: 'block',
  reject: 'block',
  return: 'return',
  jump: 'jump',
  goto: 'goto',
};
/** Statements that let a packet go on to the next rule. */
const GOES_ON =
  /^(?:counter|log|mangle|notrack|ct helper|ct timeout|ct expectation|secmark|set|map|last|dup|flow|continue|comment)$/;
const LIMITS = /^(?:limit|quota|ct count)$/;
/** What a packet of an attacker may well have; marks, sockets, users and the like are somebody else's. */
const CLEAR_META =
  /^(?:iif|iifname|iiftype|oif|oifname|oiftype|l4proto|pkttype|length|protocol|nfproto|day|hour|time)$/;
const CLEAR_CT = /^(?:state|status|direction|expiration|protocol|l3proto|proto-src|proto-dst|bytes|packets|avgpkt)$/;

const matchShape = z.object({ op: z.string(), left: z.unknown(), right: z.unknown() });
const leftShape = z.object({
  payload: z.object({ protocol: z.string().optional(), field: z.string().optional() }).optional(),
  meta: z.object({ key: z.string() }).optional(),
  ct: z.object({ key: z.string() }).optional(),
});
const targetShape = z.object({ target: z.string() });
const vmapShape = z.object({
  key: z.unknown(),
  data: z.object({ set: z.array(z.tuple([z.unknown(), z.record(z.string(), z.unknown())])) }),
});

/** What a condition means: it never holds for the packets followed, always, for some, or nobody can tell. */
type Condition = 'never' | 'always' | 'some' | 'obscure' | 'in-set' | { readonly set: string };

/** What a rule means for packets whose source is in a set; nothing when it cannot end or divert one. */
export function readSteps(expressions: unknown, followed: Followed): readonly Step[] {
  const list = z.array(z.record(z.string(), z.unknown())).catch([]).parse(expressions);
  const text = list.map(printed).filter(Boolean).join(' ');
  let set: string | undefined;
  let [narrow, obscure] = [false, false];
  const steps: Step[] = [];
  for (const expression of list) {
    const [kind = '', value] = Object.entries(expression)[0] ?? [];
    if (kind === 'match') {
      const condition = conditionOf(matchShape.safeParse(value).data, followed);
      if (condition === 'never') return steps;
      narrow ||= condition === 'some';
      obscure ||= condition === 'obscure';
      if (condition === 'in-set') set = followed.set;
      if (typeof condition === 'object') set = condition.set;
    } else if (kind === 'vmap') {
      steps.push(
        ...branches(value, followed).map((branch) => ({ text, set, ...branch, obscure: obscure || branch.obscure })),
      );
    } else if (LIMITS.test(kind)) narrow = true;
    else if (!GOES_ON.test(kind)) {
      const chain = targetShape.safeParse(value).data?.target;
      return [...steps, { text, effect: VERDICTS[kind] ?? 'unknown', chain, set, narrow, obscure }];
    }
  }
  return steps;
}

function conditionOf(match: z.infer<typeof matchShape> | undefined, followed: Followed): Condition {
  const left = leftShape.safeParse(match?.left).data;
  if (!match || !left) return 'obscure';
  const { op, right } = match;
  const isEqual = op === '==' || op === 'in';
  const { payload, meta, ct } = left;
  if (meta) {
    if (/^iif(?:name)?$/.test(meta.key) && right === 'lo') return isEqual ? 'never' : 'always';
    if (meta.key === 'nfproto' || meta.key === 'protocol') return familyCondition(right, isEqual, followed);
    return CLEAR_META.test(meta.key) ? 'some' : 'obscure';
  }
  if (ct) return CLEAR_CT.test(ct.key) ? 'some' : 'obscure';
  if (!payload?.protocol) return JSON.stringify(match.left).includes('"tcp"') ? 'some' : 'obscure';
  const other = followed.family === 4 ? 'ip6' : 'ip';
  if (payload.protocol === other) return 'never';
  const isSource = payload.field === 'saddr' && payload.protocol !== 'ether';
  return isSource ? sourceCondition(right, isEqual, followed) : 'some';
}

function familyCondition(right: unknown, isEqual: boolean, { family }: Followed): Condition {
  if (typeof right !== 'string') return 'some';
  const isOurs = (family === 4 ? ['ipv4', 'ip'] : ['ipv6', 'ip6']).includes(right);
  return isOurs === isEqual ? 'always' : 'never';
}

function sourceCondition(right: unknown, isEqual: boolean, { set, isNeverBanned }: Followed): Condition {
  if (right === `@${set}`) return isEqual ? 'in-set' : 'never';
  if (typeof right === 'string' && right.startsWith('@')) return isEqual ? { set: right.slice(1) } : 'obscure';
  if (!isEqual) return 'some';
  return sourcesOf(right).every((source) => source !== undefined && isNeverBanned(source)) ? 'never' : 'obscure';
}

/** The addresses that stand on the right; undefined for what is written otherwise. */
function sourcesOf(right: unknown): readonly (string | undefined)[] {
  if (typeof right === 'string') return [right];
  const shape = z.object({ set: z.array(z.unknown()) }).safeParse(right).data;
  if (shape) return shape.set.flatMap(sourcesOf);
  const prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) }).safeParse(right).data?.prefix;
  return [prefix && `${prefix.addr}/${prefix.len}`];
}

/** `ct state vmap { established : accept }`: each pair is a rule of its own; a named map can hold anything. */
function branches(value: unknown, followed: Followed): readonly Omit<Step, 'text' | 'set'>[] {
  const vmap = vmapShape.safeParse(value).data;
  if (!vmap) return [{ effect: 'unknown', narrow: true, obscure: true }];
  return vmap.data.set.flatMap(([right, verdict]) => {
    const [kind = '', target] = Object.entries(verdict)[0] ?? [];
    const condition = conditionOf({ op: '==', left: vmap.key, right }, followed);
    if (condition === 'never' || kind === 'continue') return [];
    const chain = targetShape.safeParse(target).data?.target;
    return [{ effect: VERDICTS[kind] ?? 'unknown', chain, narrow: true, obscure: condition === 'obscure' }];
  });
}

/** An expression for people: near enough to what nft prints to find the rule by. */
function printed(expression: Expression): string {
  const [kind = '', value] = Object.entries(expression)[0] ?? [];
  if (kind === 'counter') return '';
  if (kind === 'match') {
    const match = matchShape.safeParse(value).data;
    const key = Object.keys(match?.left ?? {}).filter((name) => name === 'ct' || name === 'meta');
    return [...key, words(match?.left), match?.op === '!=' ? '!=' : '', words(match?.right)].filter(Boolean).join(' ');
  }
  return `${kind} ${words(value)}`.trim();
}

function words(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(words).join(',');
  if (typeof value === 'object') return Object.values(value).map(words).join(' ');
  return JSON.stringify(value).replaceAll('"', '');
}
