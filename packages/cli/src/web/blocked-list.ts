import { originGroup, originGroups, parseNetwork, wallOf, type Entry, type OriginGroup } from '@bouncer/stream';
import type { PageList, PageListed } from '@bouncer/status-page';
import { networksInside } from './networks-inside.ts';
import type { StatusSource } from './status-source.ts';

/** Where the list is found. */
export type ListSource = Pick<StatusSource, 'set' | 'clock' | 'holders'>;

/** What is looked for. */
export interface ListQuery {
  /** Part of an address, of a scenario or of an origin, or a range; empty for all. */
  readonly text: string;
  readonly group?: OriginGroup | undefined;
  /** Most rows. */
  readonly limit: number;
}

/** Rows of the page at once, and of an export. */
const maxShown = 200;
const maxExported = 200_000;
/** The event loop goes on after so many entries: a walk over a million of them takes a second. */
const stride = 5000;

/** The query of a request. */
export function listQuery(query: URLSearchParams, isExport: boolean): ListQuery {
  const most = isExport ? maxExported : maxShown;
  const limit = Number(query.get('limit') ?? most);
  const group = originGroups.find((name) => name === query.get('origin'));
  const text = (query.get('q') ?? '').trim().slice(0, 64).toLowerCase();
  return { text, group, limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, most) : most };
}

/** What is to be blocked and fits, what was detected here first. O(set), in short pieces: for whoever looks. */
export async function listBlocked(source: ListSource, { text, group, limit }: ListQuery): Promise<PageList> {
  const fits = matcher(source, text);
  const found = new Map<OriginGroup, Entry[]>(originGroups.map((name) => [name, []]));
  let [total, seen] = [0, 0];
  for (const entry of source.set.entries()) {
    seen += 1;
    if (seen % stride === 0) await new Promise(setImmediate);
    const own = originGroup(entry.origin);
    if ((group !== undefined && own !== group) || !fits(entry)) continue;
    total += 1;
    const kept = found.get(own) ?? [];
    if (kept.length < limit) kept.push(entry);
  }
  const entries = [...found.values()].flat().slice(0, limit);
  return { total, rows: entries.map((entry) => listed(source, entry)) };
}

function matcher({ set }: ListSource, text: string): (entry: Entry) => boolean {
  if (text === '') return () => true;
  const range = text.includes('/') ? parseNetwork(text) : undefined;
  const inside = range === undefined ? undefined : new Set([range, ...networksInside(set, range)]);
  return ({ network, origin, scenario }) =>
    inside?.has(network) === true ||
    network.includes(text) ||
    scenario.toLowerCase().includes(text) ||
    origin.toLowerCase().includes(text);
}

function listed({ clock, holders }: ListSource, entry: Entry): PageListed {
  const { network, origin, scenario, type, expiresAt } = entry;
  const devices = holders?.(network) ?? [];
  const blocked = devices.length > 0 && devices.every(({ holds }) => holds);
  return { network, origin, scenario, type, expiresAt: Math.round(wallOf(clock, expiresAt)), blocked };
}

/** The same as comma-separated values (RFC 4180), for spreadsheets. */
export function listCsv({ rows }: PageList): string {
  const lines = rows.map(({ network, origin, scenario, type, expiresAt, blocked }) =>
    [network, origin, scenario, type, new Date(expiresAt).toISOString(), blocked ? 'yes' : 'no'].map(cell).join(','),
  );
  return ['network,origin,scenario,type,until,blocked', ...lines, ''].join('\r\n');
}

/** Scenarios are text of others: none may become a formula where the file is opened. */
function cell(text: string): string {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${tame.replaceAll('"', '""').replaceAll(/[\u0000-\u001f\u007f]/g, ' ')}"`;
}
