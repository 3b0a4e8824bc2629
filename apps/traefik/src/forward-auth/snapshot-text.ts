import { parseNetwork, wallOf } from '@bouncer/stream';
import type { Clock, Instant, Network } from '@bouncer/stream';

const HEAD = '# crowdsec-traefik-bouncer: what was blocked, until when (seconds since 1970)';
const LINE = /^([0-9a-f.:]{2,39}(?:\/\d{1,3})?) (\d{1,11})( captcha)?$/;

/** A network and the moment at which its block ends. */
export interface Kept {
  readonly network: Network;
  readonly expiresAt: Instant;
  /** `captcha`; undefined is a ban. */
  readonly type?: string | undefined;
}

/** One line for each network, its end by the wall clock; the last line tells how many there should be. */
export function printSnapshot(entries: Iterable<Kept>, clock: Clock): Buffer {
  const parts: Buffer[] = [];
  let lines = [HEAD];
  let count = 0;
  for (const { network, expiresAt, type } of entries) {
    if (!Number.isFinite(expiresAt)) continue;
    lines.push(`${network} ${Math.ceil(wallOf(clock, expiresAt) / 1000)}${type === 'captcha' ? ' captcha' : ''}`);
    count += 1;
    if (lines.length < 4096) continue;
    // Piece by piece: one text of 100,000 lines would be on the heap twice.
    parts.push(Buffer.from(`${lines.join('\n')}\n`));
    lines = [];
  }
  lines.push(`# end ${count}`);
  parts.push(Buffer.from(`${lines.join('\n')}\n`));
  return Buffer.concat(parts);
}

/** What a snapshot holds. `damaged`: lines that are not as we write them, or that are missing; the others count. */
export interface ReadSnapshot {
  readonly entries: readonly Kept[];
  readonly damaged: number;
}

/** Reads it strictly. What has ended is left out. */
export function readSnapshot(bytes: Buffer, clock: Clock): ReadSnapshot {
  const lines = bytes.toString('latin1').split('\n');
  if (lines.shift() !== HEAD) return { entries: [], damaged: 1 };
  const entries: Kept[] = [];
  let read = 0;
  let damaged = 0;
  let promised: number | undefined;
  for (const line of lines) {
    const end = /^# end (\d{1,9})$/.exec(line);
    if (end) promised = Number(end[1]);
    if (end || line === '') continue;
    const [, text = '', wall = '', captcha] = LINE.exec(line) ?? [];
    const network = parseNetwork(text);
    if (network === undefined || network !== text) {
      damaged += 1;
      continue;
    }
    read += 1;
    const expiresAt = Math.ceil((clock.now() + Number(wall) * 1000 - clock.wall()) / 1000);
    if (expiresAt * 1000 > clock.now())
      entries.push({ network, expiresAt, ...(captcha !== undefined && { type: 'captcha' }) });
  }
  const missing = promised === undefined ? 1 : Math.max(0, promised - read - damaged);
  return { entries, damaged: damaged + missing };
}
