/** One side of a rule: `any`, an address, a table, with or without ports. */
export interface Peer {
  /** `any`, `<table>`, `(em0)`, an address or network; several in rules.debug. */
  readonly hosts: readonly string[];
  readonly negated: boolean;
  /** The text behind `port`; empty for every port. */
  readonly port: string;
}

/** A filter rule of pf, as far as a packet asks. */
export interface PfRule {
  readonly text: string;
  readonly action: 'block' | 'pass' | 'match';
  /** Undefined for both directions. */
  readonly direction: 'in' | 'out' | undefined;
  readonly quick: boolean;
  /** Interfaces or groups; empty for all of them. */
  readonly interfaces: readonly string[];
  readonly notInterfaces: boolean;
  readonly family: 4 | 6 | undefined;
  /** Empty for every protocol. */
  readonly protocols: readonly string[];
  readonly source: Peer;
  readonly destination: Peer;
  /** Words that narrow it further, such as `tagged x` or `flags S/SA` of a block rule. */
  readonly conditions: readonly string[];
  readonly labels: readonly string[];
}

const ANY: Peer = { hosts: ['any'], negated: false, port: '' };
/** Words that narrow a rule, each with the one behind it. */
const CONDITIONS = new Set([
  'tagged',
  'os',
  'user',
  'group',
  'icmp-type',
  'icmp6-type',
  'tos',
  'prio',
  'probability',
  'received-on',
  'rtable',
]);

/** Reads the filter rules of `pfctl -sr` or of rules.debug, in their order. What is no filter rule is left out. */
export function parseRules(text: string): PfRule[] {
  const macros = new Map<string, string>();
  const rules: PfRule[] = [];
  for (const line of text.split('\n')) {
    const macro = /^(\w+) = "(.*)"\s*$/.exec(line);
    if (macro?.[1] !== undefined) macros.set(macro[1], macro[2] ?? '');
    const rule = parseRule(line.replaceAll(/\$(\w+)/g, (whole, name: string) => macros.get(name) ?? whole));
    if (rule) rules.push(rule);
  }
  return rules;
}

/** One rule; undefined for what is none. */
function parseRule(line: string): PfRule | undefined {
  const text = line.trim().replace(/^@\d+(\(\d+\))?\s+/, '');
  const words = tokens(text);
  const action = words.shift();
  if (action !== 'block' && action !== 'pass' && action !== 'match') return undefined;
  const interfaces: string[] = [];
  const protocols: string[] = [];
  const conditions: string[] = [];
  const labels: string[] = [];
  let direction: 'in' | 'out' | undefined;
  let quick = false;
  let notInterfaces = false;
  let family: 4 | 6 | undefined;
  let source = ANY;
  let destination = ANY;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'in' || word === 'out') direction = word;
    else if (word === 'quick') quick = true;
    else if (word === 'inet' || word === 'inet6') family = word === 'inet' ? 4 : 6;
    else if (word === 'on') {
      notInterfaces = words[0] === '!';
      if (notInterfaces) words.shift();
      interfaces.push(...listOf(words));
    } else if (word === 'proto') protocols.push(...listOf(words));
    else if (word === 'from') source = peerOf(words);
    else if (word === 'to') destination = peerOf(words);
    else if (word === 'label') labels.push((words.shift() ?? '').replaceAll('"', ''));
    else if (CONDITIONS.has(word)) conditions.push(`${word} ${words.shift() ?? ''}`);
    else if (word === '!' && words[0] === 'tagged') conditions.push(`! ${words.splice(0, 2).join(' ')}`);
    else if (word === 'flags' && action === 'block') conditions.push(`flags ${words.shift() ?? ''}`);
  }
  return {
    ...{ text: text.replaceAll(/\s+/g, ' '), action, direction, quick, interfaces, notInterfaces, family, protocols },
    ...{ source, destination, conditions, labels },
  };
}

/** What a person calls the rule: its description, else its text. */
export function ruleName({ labels, text }: PfRule): string {
  const described = labels.map((label) => /^(?:USER_RULE: |descr=)(.+)/.exec(label)?.[1]).find(Boolean);
  const words = text.replaceAll(/ (label "[^"]*"|ridentifier \d+)/g, '');
  return described === undefined ? words : `"${described}" (${words})`;
}

/** Words; quoted text and what stands between parentheses is one. */
function tokens(text: string): string[] {
  return text.match(/"[^"]*"|\([^)]*\)|[{}!]|[^\s{}"(),!]+(\([^)]*\))?|,/g)?.filter((one) => one !== ',') ?? [];
}

/** The next word, or all of the braces that begin there. */
function listOf(words: string[]): string[] {
  const first = words.shift();
  if (first !== '{') return first === undefined ? [] : [first];
  const list: string[] = [];
  for (let word = words.shift(); word !== undefined && word !== '}'; word = words.shift()) {
    if (word !== '{') list.push(word);
  }
  // Macros of rules.debug bring braces of their own.
  while (words[0] === '}') words.shift();
  return list;
}

function peerOf(words: string[]): Peer {
  const negated = words[0] === '!';
  if (negated) words.shift();
  const hosts = words[0] === 'port' ? ['any'] : listOf(words);
  if (words[0] !== 'port') return { hosts, negated, port: '' };
  words.shift();
  const list = listOf(words);
  if (['=', '!=', '<', '<=', '>', '>='].includes(list[0] ?? '')) list.push(...listOf(words));
  // `port 1 >< 9` and `port 1 <> 9` have a word more.
  const [between = ''] = words;
  if (['><', '<>'].includes(between)) list.push(...words.splice(0, 2));
  return { hosts, negated, port: list.join(' ') };
}
