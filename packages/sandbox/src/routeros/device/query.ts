import { Trap } from '../protocol/trap.ts';

/** The value of a property of the row in question; undefined when the row has no such property. */
export type Lookup = (property: string) => string | undefined;

type Step = (stack: boolean[], lookup: Lookup) => void;

/**
 * Compiles `?` words (without the mark) as the manual has them: `name`, `-name`, `name=x`, `=name=x`, `<name=x`, `>name=x` push
 * a boolean; `#` words work on the stack. A row counts when everything left on the stack is true. Throws Trap for a word that is no query.
 */
export function compileQuery(words: readonly string[]): (lookup: Lookup) => boolean {
  const steps = words.flatMap((word) => (word.startsWith('#') ? operations(word.slice(1)) : [comparison(word)]));
  return (lookup) => {
    const stack: boolean[] = [];
    for (const step of steps) step(stack, lookup);
    return stack.every(Boolean);
  };
}

function comparison(word: string): Step {
  const operator = '<>=-'.includes(word[0] ?? ' ') ? word[0] : '';
  const body = operator ? word.slice(1) : word;
  if (operator === '-') return (stack, lookup) => stack.push(lookup(body) === undefined);
  const split = body.indexOf('=');
  if (split < 0) {
    if (operator || body === '') throw badQuery(word);
    return (stack, lookup) => stack.push(lookup(body) !== undefined);
  }
  const name = body.slice(0, split);
  const wanted = body.slice(split + 1);
  return (stack, lookup) => {
    const value = lookup(name);
    if (value === undefined) stack.push(false);
    else if (operator === '<') stack.push(compare(value, wanted) < 0);
    else if (operator === '>') stack.push(compare(value, wanted) > 0);
    else stack.push(value === wanted || isSameBoolean(value, wanted));
  };
}

/** `?disabled=no` finds what is printed as `disabled=false`: the router compares booleans, not their texts. */
function isSameBoolean(value: string, wanted: string): boolean {
  return (value === 'true' && wanted === 'yes') || (value === 'false' && wanted === 'no');
}

/** Numbers as numbers, everything else by bytes. */
function compare(a: string, b: string): number {
  if (/^-?\d+$/.test(a) && /^-?\d+$/.test(b)) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `!`, `&`, `|`, `.` (copy of the top), an index (copy of that value), an index at the end (that value alone stays). */
function operations(text: string): Step[] {
  const tokens = text.match(/\d+\.?|[!&|.]/g) ?? [];
  if (tokens.join('') !== text) throw badQuery(`#${text}`);
  return tokens.map((token, position) => {
    if (/^\d/.test(token)) {
      const index = Number.parseInt(token, 10);
      const last = position === tokens.length - 1 && !token.endsWith('.');
      return (stack: boolean[]) => {
        const value = at(stack, index);
        if (last) stack.length = 0;
        stack.push(value);
      };
    }
    return (stack: boolean[]) => {
      operate(token, stack);
    };
  });
}

function operate(operator: string, stack: boolean[]): void {
  if (operator === '.') {
    stack.push(at(stack, 0));
    return;
  }
  const top = at(stack, 0);
  stack.pop();
  if (operator === '!') {
    stack.push(!top);
    return;
  }
  const below = at(stack, 0);
  stack.pop();
  stack.push(operator === '&' ? top && below : top || below);
}

function at(stack: readonly boolean[], index: number): boolean {
  const value = stack[stack.length - 1 - index];
  if (value === undefined) throw badQuery('stack underflow');
  return value;
}

function badQuery(what: string): Trap {
  return new Trap(`invalid query (${what})`, 5);
}
