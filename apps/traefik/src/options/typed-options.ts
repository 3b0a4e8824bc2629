import type { OptionMap, OptionValue } from './finding.ts';
import { pluginOption } from './option-table.ts';

/** Texts that Go's strconv.ParseBool takes; an empty one counts as false. */
const booleans: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  true: true,
  '0': false,
  f: false,
  false: false,
  '': false,
};

/** A boolean as the plugin decodes it; undefined when it cannot. */
export function decodeBoolean(value: OptionValue): boolean | undefined {
  if (typeof value !== 'string') return undefined;
  if (!/^(?:|1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) return undefined;
  return booleans[value.toLowerCase()];
}

/** An integer as the plugin decodes it; undefined when it cannot, or when Go would read it in another base (`010` is 8). */
export function decodeInteger(value: OptionValue): number | undefined {
  if (typeof value !== 'string' || !/^[+-]?(?:0|[1-9]\d{0,15})$/.test(value)) return value === '' ? 0 : undefined;
  return Number(value);
}

/** A list as the plugin decodes it: a list, or words by comma. */
export function decodeList(value: OptionValue): readonly string[] {
  if (typeof value !== 'string') return value;
  return value === '' ? [] : value.split(',').map((part) => part.trim());
}

/** Options under the names of the table, and how to ask for them. Unknown names are left out. */
export class TypedOptions {
  readonly #values = new Map<string, OptionValue>();

  constructor(options: OptionMap) {
    for (const [name, value] of Object.entries(options)) {
      const option = pluginOption(name);
      if (option) this.#values.set(option.name, value);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Trimmed; empty when it is not given. */
  text(name: string, absent = ''): string {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value.trim() : absent;
  }

  isOn(name: string, absent = false): boolean {
    const value = this.#values.get(name);
    return value === undefined ? absent : decodeBoolean(value) === true;
  }

  integer(name: string, absent: number): number {
    const value = this.#values.get(name);
    return value === undefined ? absent : (decodeInteger(value) ?? absent);
  }

  list(name: string): readonly string[] {
    return decodeList(this.#values.get(name) ?? '');
  }

  /** True when the option or its twin that names a file is given. */
  isGiven(name: string): boolean {
    return this.text(name) !== '' || this.text(`${name}File`) !== '';
  }
}
