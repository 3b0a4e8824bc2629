import { printable } from './printable.ts';

/** What a text turned out to be: a value, or what is wrong with it in plain words that follow the variable's name. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** A fragment of JSON Schema (draft 2020-12), as editors want it for the YAML file. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a text from the environment, a file or YAML becomes a value. Every setting has one. */
export interface SettingType<T> {
  /** What is accepted, for error lines: `a whole number from 1 to 100`. */
  readonly accepted: string;
  readonly schema: JsonSchema;
  /** True when its YAML value may be a whole tree. `parse` is given it as JSON, every plain scalar as it was written. */
  readonly tree?: boolean;
  parse(text: string): Parsed<T>;
  /** The value in the words that `parse` takes, for `config`; secrets in it as `***`. */
  print(value: T): string;
  /** Secrets that stand in a text, sound or not: they are hidden wherever they turn up. */
  secretsIn?(text: string): readonly string[];
}

const maxShownLength = 60;

/** A value as an error line may show it: quoted, on one line, cut. Never call it with a secret. */
export function shown(text: string): string {
  return printable(JSON.stringify(text.length > maxShownLength ? `${text.slice(0, maxShownLength)}...` : text));
}

/** The same where a user may have put a name and a password: nothing is quoted once an @ is there. */
export function shownUnlessSecret(text: string): string {
  return text.includes('@') ? 'it' : shown(text);
}

/** Splits a list on commas or blanks; empty parts are dropped. */
function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

/** A list of some other kind: every part is parsed, the first bad one is the problem. */
export function listOf<T>(item: SettingType<T>, accepted: string): SettingType<readonly T[]> {
  return {
    accepted,
    schema: { type: ['array', 'string'], items: { type: 'string' } },
    parse(text) {
      const values: T[] = [];
      for (const part of splitList(text)) {
        const parsed = item.parse(part);
        if ('problem' in parsed) return parsed;
        values.push(parsed.value);
      }
      return { value: values };
    },
    print: (values) => values.map((value) => item.print(value)).join(','),
  };
}
