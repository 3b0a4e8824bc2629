import { familyOf, originGroup, type Entry } from '@bouncer/stream';
import type { Family } from '../address-list.ts';
import type { RouterSettings } from '../router-settings.ts';

/** Groups of origins that may have a list of their own. What people ask for by hand goes with what was detected here. */
const GROUP_OF = { local: 'local', manual: 'local', lists: 'lists', community: 'community' } as const;
const GROUPS = new Set(Object.values(GROUP_OF));

/** The address lists of one router: which rows are looked at, and in which one an entry belongs. */
export class Lists {
  readonly #usual: Readonly<Record<Family, string>>;
  /** By group. */
  readonly #own: ReadonlyMap<string, string>;
  readonly #all: Readonly<Record<Family, readonly string[]>>;

  constructor({ list, listIpv6 = list, groupLists = [] }: Pick<RouterSettings, 'list' | 'listIpv6' | 'groupLists'>) {
    this.#usual = { 4: list, 6: listIpv6 };
    this.#own = new Map(
      groupLists.map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]),
    );
    const named = [...this.#own.values()];
    this.#all = { 4: [...new Set([list, ...named])], 6: [...new Set([listIpv6, ...named])] };
  }

  /** True when entries of one family go into several lists. */
  get areSeveral(): boolean {
    return this.#own.size > 0;
  }

  /** The list of whatever has none of its own. */
  usual(family: Family): string {
    return this.#usual[family];
  }

  /** Every list in which rows of ours may be; the usual one may hold those of earlier settings. */
  of(family: Family): readonly string[] {
    return this.#all[family];
  }

  /** Those in which entries belong: what rules have to stop. */
  filled(family: Family): readonly string[] {
    const names = [...GROUPS].map((group) => this.#own.get(group) ?? this.#usual[family]);
    return [...new Set(names)];
  }

  /** The list in which an entry belongs. */
  for({ network, origin }: Pick<Entry, 'network' | 'origin'>): string {
    return this.#own.get(GROUP_OF[originGroup(origin)]) ?? this.#usual[familyOf(network)];
  }

  /** Words of a query for the rows of all of them. */
  query(family: Family): readonly string[] {
    const names = this.of(family);
    return [
      ...names.map((name) => `?list=${name}`),
      ...(names.length > 1 ? [`?#${'|'.repeat(names.length - 1)}`] : []),
    ];
  }
}
