import {
  fromInterval,
  instantNow,
  parseNetwork,
  wallOf,
  type Clock,
  type Instant,
  type Network,
} from '@bouncer/stream';
import type { Element } from './script.ts';
import type { HeldRange, Segment } from './segments.ts';

/** A comment of nft holds 128 characters. */
const MAX_COMMENT_LENGTH = 120;
/** No range begins here: the segment only goes on with a wider one. */
const NOTHING_BEGINS = '-';

/**
 * A segment as an element. What the kernel's own fields do not tell is put into the comment: which ranges begin here
 * and when each of them ends (`8/1795300000,16/1795200000`: prefix length and wall-clock second).
 */
export function segmentElement(segment: Segment, clock: Clock): Element {
  const { starts, expiresAt } = segment;
  const networks = fromInterval(segment);
  const [only] = networks;
  const addresses =
    networks.length === 1 && only !== undefined ? only : `${addressOf(networks.at(0))}-${lastAddressOf(segment)}`;
  const isPlain =
    networks.length === 1 && starts.length === 1 && starts[0]?.network === only && starts[0]?.expiresAt === expiresAt;
  const timeout = Math.max(1, expiresAt - instantNow(clock));
  return { addresses, timeout, comment: isPlain ? undefined : commentOf(starts, clock) };
}

function commentOf(starts: readonly HeldRange[], clock: Clock): string {
  // Those that end last are the ones that matter if ever there were too many.
  const texts = [...starts]
    .sort((a, b) => b.expiresAt - a.expiresAt)
    .map(({ network, expiresAt }) => `${prefixOf(network)}/${Math.round(wallOf(clock, expiresAt) / 1000)}`);
  let comment = texts.shift() ?? NOTHING_BEGINS;
  for (const text of texts) if (comment.length + text.length < MAX_COMMENT_LENGTH) comment += `,${text}`;
  return comment;
}

/** The ranges that a comment names, or undefined for text that is not ours. `first` is where the segment begins. */
export function rangesOfComment(comment: string, first: Network, clock: Clock): readonly HeldRange[] | undefined {
  if (comment === NOTHING_BEGINS) return [];
  const ranges: HeldRange[] = [];
  for (const text of comment.split(',')) {
    const [, prefix, end] = /^(\d{1,3})\/(\d{1,12})$/.exec(text) ?? [];
    const network = parseNetwork(`${first}/${prefix}`);
    if (network?.startsWith(`${first}/`) !== true) return undefined;
    ranges.push({ network, expiresAt: instantOfWall(Number(end), clock) });
  }
  return ranges;
}

function instantOfWall(seconds: number, clock: Clock): Instant {
  return Math.round((seconds * 1000 - clock.wall() + clock.now()) / 1000);
}

function prefixOf(network: Network): string {
  return network.slice(network.indexOf('/') + 1);
}

function addressOf(network: Network | undefined): string {
  return network?.split('/')[0] ?? '';
}

function lastAddressOf({ family, last }: Segment): string {
  return fromInterval({ family, first: last, last })[0] ?? '';
}
