import type { Acl } from '../answers.ts';
import type { Finding } from '@bouncer/target';
import { parseConfiguration, type Line, type Section } from './parse.ts';

const FIX = 'put the `deny` or `reject` line that `setup` prints first into the frontend, and reload HAProxy';
const BLOCKS = new Set(['deny', 'tarpit', 'reject', 'silent-drop']);
/** Actions after which no later rule of the same kind is looked at. */
const ENDS = new Set(['allow', 'accept', 'return', 'redirect']);

/** What a rule does for banned clients. */
type Judged = { readonly blocks: true; readonly doubt?: string } | { readonly blocks: false; readonly why: string };

/**
 * Does a banned client end in a rule? HAProxy's runtime API tells the lines that look clients up in the ACL, but no rules: these
 * are read from the configuration file, where it can be read from here.
 * @param read gives the text of a file, undefined when it cannot be read.
 */
export function judgeRules(acl: Acl, read: (file: string) => string | undefined): Finding {
  if (acl.uses.length === 0) return { level: 'fail', seen: `nothing uses the ACL ${acl.name || acl.id}`, fix: FIX };
  const places = acl.uses.map(({ file, line }) => `${file} line ${line}`).join(', ');
  const files = [...new Set(acl.uses.map(({ file }) => file))];
  const sections = files.flatMap((file) => {
    const text = read(file);
    return text === undefined ? [] : parseConfiguration(text);
  });
  const lines = new Set(acl.uses.map(({ line }) => line));
  // Another file of that name, or one that was edited since: it would tell nothing about the HAProxy that runs.
  const isSame = sections.some((section) => section.lines.some((line) => lines.has(line.number) && usesAcl(line)));
  const fix = 'read there that it is a `deny` or `reject` with no other condition, before whatever answers or allows';
  if (!isSame) return { level: 'unseen', seen: `looked up at ${places}, which cannot be read from here`, fix };

  const fronts = sections.filter(({ kind, lines: all }) => {
    return kind === 'frontend' || (kind === 'listen' && all.some(({ words }) => words[0] === 'bind'));
  });
  const judged = fronts.map((section) => ({ section, ...judgeSection(section, lines) }));
  const open = judged.flatMap(({ section, why }) =>
    why === undefined ? [] : [`${section.kind} ${section.name}: ${why}`],
  );
  const doubts = judged.flatMap(({ doubt }) => (doubt === undefined ? [] : [doubt]));
  const closed = judged.filter(({ why }) => why === undefined).map(({ section }) => section.name);
  if (closed.length === 0) return { level: 'fail', seen: open.join('; ') || 'no frontend has a rule', fix: FIX };
  const problems = [...open, ...doubts];
  if (problems.length > 0) return { level: 'warn', seen: problems.join('; '), fix: FIX };
  return { level: 'ok', seen: `a banned client is refused by ${closed.join(', ')}`, fix: '' };
}

function judgeSection({ lines }: Section, uses: ReadonlySet<number>): { why?: string; doubt?: string } {
  const named = new Map(
    lines.filter(({ number, words }) => words[0] === 'acl' && uses.has(number)).map((line) => [line.words[1], line]),
  );
  let why = 'no rule looks clients up in the ACL';
  for (const line of lines) {
    const rule = ruleOf(line);
    if (rule === undefined) continue;
    const condition = rule.rest.slice(rule.rest.indexOf('if') + 1);
    const isOurs = uses.has(line.number) || condition.some((word) => named.has(word.replace(/^!/, '')));
    if (!isOurs) continue;
    const judged = judgeRule(rule.action, line, condition, named);
    if (!judged.blocks) {
      why = judged.why;
      continue;
    }
    const before = lines.filter(({ number }) => number < line.number).filter((each) => endsBefore(each, rule.set));
    const final = before.find(({ words }) => !words.includes('if') && !words.includes('unless'));
    if (final) {
      why = `line ${final.number} decides before line ${line.number} is reached`;
      continue;
    }
    const [first] = before;
    const doubt = first ? `what line ${first.number} lets through never reaches line ${line.number}` : judged.doubt;
    return doubt === undefined ? {} : { doubt };
  }
  return { why };
}

function judgeRule(
  action: string,
  { number, words }: Line,
  condition: readonly string[],
  named: ReadonlyMap<string | undefined, Line>,
): Judged {
  if (!BLOCKS.has(action)) return { blocks: false, why: `line ${number} is no block (${action})` };
  if (!words.includes('if')) return { blocks: false, why: `line ${number} does not say \`if\`` };
  const [first = ''] = condition;
  const inline = condition[0] === '{' && condition.indexOf('}') === condition.length - 1;
  const test = inline ? condition.slice(1, -1) : condition.length === 1 ? named.get(first)?.words.slice(2) : undefined;
  if (test === undefined || test[0] === '!') return { blocks: false, why: `line ${number} asks for more than the ACL` };
  const [fetch = ''] = test;
  return fetch === 'src' ? { blocks: true } : { blocks: true, doubt: `line ${number} looks up ${fetch}, not src` };
}

interface Rule {
  /** Rules of one set are walked one after the other: `http-request`, `tcp-request connection`. */
  readonly set: string;
  readonly action: string;
  readonly rest: readonly string[];
}

function ruleOf({ words }: Line): Rule | undefined {
  const [kind = '', second = '', third = ''] = words;
  if (kind === 'http-request') return { set: kind, action: second, rest: words.slice(2) };
  if (kind === 'tcp-request') return { set: `${kind} ${second}`, action: third, rest: words.slice(3) };
  return undefined;
}

function endsBefore(line: Line, set: string): boolean {
  const rule = ruleOf(line);
  return rule?.set === set && ENDS.has(rule.action);
}

function usesAcl({ words }: Line): boolean {
  return words[0] === 'acl' || ruleOf({ number: 0, words }) !== undefined;
}
