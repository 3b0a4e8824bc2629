import type { Network } from '@bouncer/stream';

/** What a header of `ipset list -t` tells. */
export interface SeenSet {
  readonly name: string;
  readonly type: string;
  readonly family: string;
  readonly maxElements: number;
  /** Whether its elements can have an end. */
  readonly ends: boolean;
  readonly entries: number;
}

/** The longest timeout of an ipset, in seconds. Source: ipset(8). */
export const IPSET_MAX_TIMEOUT_SECONDS = 2_147_483;
/** Room from the start: a set cannot grow beyond its maxelem. Only what is used takes memory. */
const ROOM = 1_048_576;
const ADDRESSES = /^[0-9a-f:.]+(?:\/\d{1,3})?$/;

/** Name, family and room of one of our sets. */
export interface IpsetShape {
  readonly name: string;
  readonly family: 4 | 6;
  readonly room: number;
}

/** The set of a family. `hash:net` holds addresses and ranges, nested ones as well, each with its own end. */
export function ipsetShape(table: string, family: 4 | 6, maxEntries: number | undefined): IpsetShape {
  // A full load stands in a second set before it takes the place of the first, so nothing is needed on top.
  return { name: `${table}-${family}`, family, room: Math.max(ROOM, maxEntries ?? 0) };
}

/** Name of the set in which a full load is made ready. */
export function stagingName({ name }: IpsetShape): string {
  return `${name}-new`;
}

/** The line of `ipset restore` that makes a set. */
export function createLine({ name, family, room }: IpsetShape): string {
  return `create ${name} hash:net family ${family === 4 ? 'inet' : 'inet6'} hashsize 16384 maxelem ${room} timeout 0\n`;
}

/** @throws Error for text that is no address: a slip of ours, since nothing else can get here. */
export function addLine(set: string, network: Network, timeout: number): string {
  if (!Number.isSafeInteger(timeout) || timeout < 1) throw new Error(`not a timeout: ${timeout}`);
  return `add ${set} ${printed(network)} timeout ${Math.min(timeout, IPSET_MAX_TIMEOUT_SECONDS)}\n`;
}

/** The line that takes an element out. */
export function deleteLine(set: string, network: Network): string {
  return `del ${set} ${printed(network)}\n`;
}

function printed(network: Network): string {
  if (!ADDRESSES.test(network)) throw new Error(`not an address: ${JSON.stringify(network)}`);
  return network;
}

/** Reads `ipset list -t`. */
export function readHeaders(text: string): readonly SeenSet[] {
  return text
    .split(/\n(?=Name: )/)
    .filter((block) => block.startsWith('Name: '))
    .map((block) => ({
      name: field(block, /^Name: (\S+)/m),
      type: field(block, /^Type: (\S+)/m),
      family: field(block, /^Header:.* family (\S+)/m),
      maxElements: Number(field(block, /^Header:.* maxelem (\d+)/m)),
      ends: / timeout \d/.test(field(block, /^(Header:.*)/m)),
      entries: Number(field(block, /^Number of entries: (\d+)/m)),
    }));
}

function field(block: string, pattern: RegExp): string {
  return pattern.exec(block)?.[1] ?? '';
}

/** Reads one line of `ipset save`: an element and its seconds left; undefined for any other line. */
export function readSaved(line: string): { readonly addresses: string; readonly timeout: number } | undefined {
  const [, addresses, timeout] = /^add \S+ ([0-9a-f:./]+)(?: timeout (\d+))?/.exec(line) ?? [];
  return addresses === undefined ? undefined : { addresses, timeout: timeout === undefined ? 0 : Number(timeout) };
}
