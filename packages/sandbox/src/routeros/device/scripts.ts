import type { Request } from '../protocol/request.ts';
import { traps } from '../protocol/trap.ts';
import { printId, RowStore, workOnEach } from './row-store.ts';
import type { BatchRules } from './row-store.ts';
import { checkParameters, idsOf } from './table.ts';
import type { Table } from './table.ts';

/** One stored script. */
export interface Script {
  readonly number: number;
  name: string;
  source: string;
}

/** An `add` to an address list, with what follows it up to the end of its line. */
const ADD = /\/(ip|ipv6)\/firewall\/address-list\/add +([^\n]*)/g;
/** `name="text"` or `name=text`. */
const ATTRIBUTE = /([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^ \n;}]*))/g;
const PARAMETERS = new Set(['name', 'source', 'policy', 'comment', 'dont-require-permissions']);

/** `/system/script`: scripts that others load lists with. Of what they hold only adds to an address list are carried out. */
export class Scripts implements Table<Script> {
  readonly properties = ['.id', 'name', 'owner', 'policy', 'source', 'run-count', 'invalid'];
  readonly #rules: BatchRules;
  readonly #store = new RowStore<Script>();

  constructor(rules: BatchRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#store.size;
  }

  rows(): Iterable<Script> {
    return this.#store.walk();
  }

  find(id: string): Script | undefined {
    return this.#store.find(id) ?? [...this.#store.walk()].find(({ name }) => name === id);
  }

  value(row: Script, property: string): string | undefined {
    switch (property) {
      case '.id':
        return printId(row.number);
      case 'name':
      case 'source':
        return row[property];
      case 'invalid':
        return 'false';
      default:
        return '';
    }
  }

  /** `add`. Answers the new script's id. Throws the router's traps. */
  add(request: Request): string {
    checkParameters(request, PARAMETERS);
    const { attributes } = request;
    const name = attributes.get('name') ?? `script${String(this.#store.size + 1)}`;
    if (this.find(name)) throw traps.duplicate();
    const script = { number: this.#store.nextNumber(), name, source: attributes.get('source') ?? '' };
    this.#store.put(script);
    return printId(script.number);
  }

  /** `set`. Answers how many scripts were touched. Throws the router's traps. */
  set(request: Request): number {
    checkParameters(request, new Set([...PARAMETERS, '.id', 'numbers']));
    const { attributes } = request;
    return this.#each(request, (script) => {
      script.name = attributes.get('name') ?? script.name;
      script.source = attributes.get('source') ?? script.source;
    });
  }

  /** `remove`. Answers how many scripts were touched. Throws the router's traps. */
  remove(request: Request): number {
    checkParameters(request, new Set(['.id', 'numbers']));
    return this.#each(request, ({ number }) => {
      this.#store.delete(number);
    });
  }

  /** The adds that `run` would carry out, in order. Throws `no such item`. */
  addsOf(request: Request): { readonly family: 4 | 6; readonly attributes: ReadonlyMap<string, string> }[] {
    const id = request.attributes.get('number') ?? request.attributes.get('.id') ?? '';
    const script = this.find(id);
    if (!script) throw traps.noSuchItem();
    return [...script.source.matchAll(ADD)].map(([, root, words = '']) => ({
      family: root === 'ip' ? 4 : 6,
      attributes: new Map([...words.matchAll(ATTRIBUTE)].map(readAttribute)),
    }));
  }

  #each(request: Request, work: (script: Script) => void): number {
    return workOnEach(idsOf(request), (id) => this.find(id), this.#rules, work);
  }
}

function readAttribute([, name = '', quoted, bare = '']: RegExpMatchArray): [string, string] {
  return [name, quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1')];
}
