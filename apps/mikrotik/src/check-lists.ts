import type { Clock } from '@bouncer/stream';
import { passed, triedStep, type CheckStep } from '@bouncer/target';
import { hasMenu } from './address-list.ts';
import type { Family } from './address-list.ts';
import { readResource } from './device.ts';
import { Listing, readListing } from './listing.ts';
import { Lists } from './firewall/lists.ts';
import { LookBudget } from './look-budget.ts';
import type { RouterSettings } from './router-settings.ts';
import { trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import type { LifeSign } from './routeros/scan.ts';

/** What was found while the lists were looked at. */
export interface Found {
  /** Families that the router has. */
  readonly present: Family[];
  /** Rows of ours. */
  rows: number;
}

/** What the steps of the lists need. */
export interface ListSteps {
  readonly link: Link;
  readonly settings: RouterSettings;
  readonly clock: Clock;
  /** Another connection, to see that the router lives while it looks through a long menu. */
  readonly session: (signal: AbortSignal) => Promise<Link>;
  /** What is said when an error does not tell what to do. */
  readonly otherwise: string;
}

/** One step for the list of each family, which is read once, and one that tells what that costs the router. */
export async function* checkLists(steps: ListSteps, found: Found, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const { settings, clock, otherwise } = steps;
  const startedAt = clock.now();
  for (const family of settings.families) {
    yield await triedStep(`list ipv${String(family)}`, () => lookAt(steps, family, found, signal), otherwise);
  }
  const budget = new LookBudget();
  budget.note(startedAt, clock.now());
  const seconds = `a look at the list takes ${(budget.ms / 1000).toFixed(1)} s on this router`;
  yield passed('look', budget.isCheap ? seconds : `${seconds}: it is made every ${minutes(budget.pauseMs)}`);
}

async function lookAt(
  { link, settings, clock, session }: ListSteps,
  family: Family,
  found: Found,
  signal: AbortSignal,
): Promise<string> {
  const lists = new Lists(settings);
  const { trap } = await hasMenu(link, family, signal);
  if (trap !== undefined) {
    if (family === 6 && trapKind(trap) === 'no-command') return 'the router has no IPv6: it is left out';
    throw new Error(trap);
  }
  const life: LifeSign = async (until) => {
    const other = await session(until);
    try {
      await readResource(other, until);
    } finally {
      await other.close();
    }
  };
  found.present.push(family);
  const listing = new Listing(undefined, lists);
  await readListing(link, family, { lists, clock, life }, listing, signal);
  const { held, strays, foreign, foreignOther } = listing;
  found.rows += held.size + strays.length;
  const others = foreign.size + foreignOther;
  const left = strays.length > 0 ? `, ${String(strays.length)} to be cleaned up` : '';
  const names = lists.of(family).map((name) => JSON.stringify(name));
  return `${names.join(', ')} ${names.length > 1 ? 'hold' : 'holds'} ${String(held.size)} of ours${left}, ${String(others)} of others`;
}

function minutes(ms: number): string {
  const rounded = Math.max(1, Math.round(ms / 60_000));
  return rounded === 1 ? 'minute' : `${String(rounded)} minutes`;
}
