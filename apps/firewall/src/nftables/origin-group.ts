import { originGroup, originLabel, type Entry, type OriginGroup } from '@bouncer/stream';

/** Who asked for a block, as far as the kernel counts apart: `local`, `lists`, `capi`, or one for each other origin and list. */
export type KernelGroup = string;

/** Groups that are always there. */
export const STANDARD_GROUPS: readonly KernelGroup[] = ['local', 'lists', 'capi'];
// Maps, since origins come from LAPI: `constructor` is one like any other.
const BY_ORIGIN: ReadonlyMap<string, KernelGroup> = new Map([
  ['crowdsec', 'local'],
  ['lists', 'lists'],
  ['CAPI', 'capi'],
]);
const ORIGINS: ReadonlyMap<KernelGroup, string> = new Map([...BY_ORIGIN].map(([origin, group]) => [group, origin]));
/** Where an origin is counted that has no group of its own. */
const FALLBACK: Readonly<Record<OriginGroup, KernelGroup>> = {
  local: 'local',
  manual: 'local',
  lists: 'lists',
  community: 'capi',
};
/** Groups of their own; each costs every packet two lookups a family. */
const MAX_OWN = 12;
/** Names of lists come from LAPI: a longer one is counted with the others. Characters once it is encoded. */
const MAX_NAME = 80;
/** Labels whose group is remembered. */
const MAX_LABELS = 1000;
const OWN = /^o_[A-Za-z0-9_]+$/;

/** The groups that are in use. They come with the first entry of their origin, and are known again by the names of sets. */
export class OriginGroups {
  readonly #own = new Set<KernelGroup>();
  readonly #byLabel = new Map<string, KernelGroup>();
  readonly #isFixed: boolean;

  /** With rules of the administrator's a new set would be one that no rule uses. */
  constructor(isFixed: boolean) {
    this.#isFixed = isFixed;
  }

  /** In the order in which packets are asked for them, the same after every restart. */
  all(): readonly KernelGroup[] {
    const [first = '', ...rest] = STANDARD_GROUPS;
    return [first, ...[...this.#own].sort(), ...rest];
  }

  get size(): number {
    return this.#own.size;
  }

  /** The group of an entry; a new one where there is room. */
  of(entry: Pick<Entry, 'origin' | 'scenario'>): KernelGroup {
    const { origin } = entry;
    const standard = BY_ORIGIN.get(origin);
    if (standard !== undefined && origin !== 'lists') return standard;
    const label = originLabel(entry);
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    const group = this.#find(label, FALLBACK[originGroup(origin)]);
    if (this.#byLabel.size < MAX_LABELS) this.#byLabel.set(label, group);
    return group;
  }

  #find(label: string, fallback: KernelGroup): KernelGroup {
    const name = `o_${encoded(label)}`;
    if (this.#isFixed || BY_ORIGIN.has(label) || name.length > MAX_NAME) return fallback;
    if (!this.#own.has(name) && this.#own.size >= MAX_OWN) return fallback;
    this.#own.add(name);
    return name;
  }

  /** Takes up a group that was found in the kernel. */
  learn(group: string): void {
    if (!this.#isFixed && OWN.test(group)) this.#own.add(group);
  }
}

/** What a group is called in metrics: `crowdsec`, `cscli`, `lists:NAME`. */
export function originOf(group: KernelGroup): string {
  return ORIGINS.get(group) ?? decoded(group.replace(/^o_/, ''));
}

/** Letters and digits as they are, every other byte as `_3a`: what nft takes for a name. */
function encoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function decoded(name: string): string {
  const bytes = name.replace(
    /_([0-9a-f]{2})|([^_])/g,
    (_, hex?: string, plain = '') => hex ?? Buffer.from(String(plain)).toString('hex'),
  );
  return Buffer.from(bytes, 'hex').toString();
}
