/** What a release is pushed as. */
export interface References {
  /** `ghcr.io/owner`, without a slash at its end. */
  readonly registry: string;
  /** Tag of this version alone; it is pushed first and never moves. */
  readonly version: string;
  /** Tags that move to it once it has been tried: `latest`, `1`, `1.2`; none for a version before a final one. */
  readonly aliases: readonly string[];
  readonly isFinal: boolean;
}

/** What is known at a tag. */
export interface ReleaseInput {
  /** The git tag: `v1.2.3`, `v1.3.0-rc.1`. */
  readonly tag: string;
  /** All git tags, this one among them or not: an alias never moves back to an older line. */
  readonly tags: readonly string[];
  /** Owner of the repository, as GitHub spells it. */
  readonly owner: string;
  /** The variable IMAGE_REGISTRY; empty for ghcr.io/OWNER. */
  readonly registry?: string;
}

interface Version {
  readonly numbers: readonly [number, number, number];
  /** `rc.1`; undefined for a final one. */
  readonly before?: string;
}

/** Semantic versions without build metadata: a `+` cannot stand in the tag of an image. */
const VERSION = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
/** Host, port, and folders in small letters, as the distribution project's reference grammar has them. */
const REGISTRY =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Where a release goes and by which names. Throws with what to change when an image could not have such a name. */
export function referencesOf({ tag, tags, owner, registry = '' }: ReleaseInput): References {
  const version = parseVersion(tag);
  if (version === undefined)
    throw new Error(`the tag ${tag} is no version: v1.2.3, or v1.2.3-rc.1 for one before a final one, is accepted`);
  const place = placeOf(registry.trim(), owner);
  const name = tag.slice(1);
  if (name.length > 128)
    throw new Error(`the tag ${tag} is longer than the 128 characters that an image's tag may have`);
  if (version.before !== undefined) return { registry: place, version: name, aliases: [], isFinal: false };
  const finals = tags.map(parseVersion).filter((each) => each !== undefined && each.before === undefined);
  const [major, minor] = version.numbers;
  const lines: readonly (readonly [alias: string, length: number])[] = [
    [`${major}.${minor}`, 2],
    // 0.1 and 0.2 promise each other nothing.
    ...(major > 0 ? [[String(major), 1] as const] : []),
    ['latest', 0],
  ];
  const isNewestOf = (length: number): boolean =>
    finals.every(
      (each) =>
        each?.numbers.slice(0, length).join('.') !== version.numbers.slice(0, length).join('.') ||
        compare(each.numbers, version.numbers) <= 0,
    );
  const aliases = lines.filter(([, length]) => isNewestOf(length)).map(([alias]) => alias);
  return { registry: place, version: name, aliases, isFinal: true };
}

function placeOf(registry: string, owner: string): string {
  // Registries know small letters only, GitHub's owners have others too.
  if (registry === '') return placeOf(`ghcr.io/${owner.toLowerCase()}`, owner);
  const place = registry.replace(/\/+$/, '');
  if (!REGISTRY.test(place) || place === 'ghcr.io')
    throw new Error(
      `IMAGE_REGISTRY is ${JSON.stringify(registry)}: a host and folders in small letters without https:// are accepted, such as ghcr.io/team or registry.example.org:5000/team`,
    );
  return place;
}

function parseVersion(tag: string): Version | undefined {
  const [, major, minor, patch, before] = VERSION.exec(tag) ?? [];
  if (major === undefined) return undefined;
  const numbers = [Number(major), Number(minor), Number(patch)] as const;
  return before === undefined ? { numbers } : { numbers, before };
}

function compare(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((number, place) => number !== other[place]);
  return index === -1 ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
}
