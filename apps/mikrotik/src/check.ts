import type { Clock } from '@bouncer/stream';
import { dnsStep, errorStep, failed, passed, triedStep, warned, type CheckStep } from '@bouncer/target';
import { countRows } from './address-list.ts';
import type { Family } from './address-list.ts';
import { lookAtConnection } from './check-connection.ts';
import { entriesFor, readResource, readRights } from './device.ts';
import type { Resource } from './device.ts';
import { assessFirewall } from './firewall/assess.ts';
import { Listing, readListing } from './listing.ts';
import { readTrust } from './router-settings.ts';
import type { RouterSettings } from './router-settings.ts';
import { trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { quoted } from './routeros/script-text.ts';
import { openSession } from './routeros/session.ts';

/**
 * The doctor's half of the router: each step is told as soon as it is known, and what cannot be tried after a failure is
 * left out. Writes nothing.
 */
export async function* checkRouter(
  settings: RouterSettings,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const name = await dnsStep(settings.host, 'add the name to DNS or /etc/hosts, or set MIKROTIK_HOST as an address');
  yield name;
  if (!name.ok) return;
  for await (const seen of lookAtConnection(settings, clock, signal)) {
    yield seen;
    if (!seen.ok) return;
  }
  let link: Link | undefined;
  try {
    const { host, port, user, password, tls } = settings;
    link = await openSession({ host, port, user, password: password.value(), trust: readTrust(tls), clock }, signal);
    yield* checkInside(link, settings, clock, signal);
  } catch (error) {
    yield failure('login', error);
  } finally {
    await link?.close();
  }
}

async function* checkInside(
  link: Link,
  settings: RouterSettings,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { user, list, families } = settings;
  let resource: Resource | undefined;
  yield await step('login', async () => {
    resource = await readResource(link, signal);
    return `user ${JSON.stringify(user)}; RouterOS ${resource.version} on ${resource.board}`;
  });
  if (!resource) return;
  yield await checkRights(link, user, signal);
  const present: Family[] = [];
  let rows = 0;
  for (const family of families) {
    yield await step(`list ipv${String(family)}`, async () => {
      const answer = await countRows(link, family, list, signal);
      if ('trap' in answer) {
        if (family === 6 && trapKind(answer.trap) === 'no-command') return 'the router has no IPv6: it is left out';
        throw new Error(answer.trap);
      }
      present.push(family);
      const listing = new Listing();
      await readListing(link, family, list, clock, listing, signal);
      const { held, strays, foreign, foreignOther } = listing;
      rows += held.size + strays.length;
      const others = foreign.size + foreignOther;
      const left = strays.length > 0 ? `, ${String(strays.length)} to be cleaned up` : '';
      return `${JSON.stringify(list)} holds ${String(held.size)} of ours${left}, ${String(others)} of others`;
    });
  }
  yield* await checkFirewall(link, settings, present, signal);
  yield checkRoom(resource, rows, settings);
}

async function checkRights(link: Link, user: string, signal: AbortSignal): Promise<CheckStep> {
  const fix = `/user/group/set [/user/get [find name=${quoted(user)}] group] policy=read,write,api`;
  try {
    const { missing, seen } = await readRights(link, user, signal);
    if (!missing) return warned('rights', seen, `look whether they are read, write and api: ${fix}`);
    if (missing.length === 0) return passed('rights', seen);
    const names = missing.map((policy) => `\`${policy}\``).join(', ');
    return failed('rights', `the policy ${names} is missing: ${seen || 'none'}`, fix);
  } catch (error) {
    return failure('rights', error);
  }
}

async function checkFirewall(
  link: Link,
  settings: RouterSettings,
  present: readonly Family[],
  signal: AbortSignal,
): Promise<readonly CheckStep[]> {
  try {
    return await assessFirewall(link, settings, present, signal);
  } catch (error) {
    return [failure('rule', error)];
  }
}

function checkRoom(resource: Resource, rows: number, { maxEntries }: RouterSettings): CheckStep {
  const mib = (bytes: number): string => `${String(Math.round(bytes / 1024 / 1024))} MiB`;
  const max = maxEntries ?? entriesFor(resource.totalMemory);
  const memory = `${mib(resource.freeMemory)} of ${mib(resource.totalMemory)} free`;
  const seen = `${String(rows)} entries, ${memory}, limit ${max === undefined ? 'none' : String(max)}`;
  const advised = entriesFor(resource.totalMemory) ?? Infinity;
  const tight = resource.totalMemory > 0 && resource.freeMemory < resource.totalMemory / 20;
  if (rows <= advised && !tight) return passed('room', seen);
  const fix = `set MAX_ENTRIES=${String(Math.min(advised, Math.max(1000, Math.floor(rows / 2))))} or less, or choose fewer origins with CROWDSEC_ORIGINS`;
  return failed('room', seen, fix);
}

/** What is said when an error does not tell what to do. */
const otherwise = 'look at /log/print on the router';

function step(name: string, look: () => Promise<string>): Promise<CheckStep> {
  return triedStep(name, look, otherwise);
}

function failure(name: string, error: unknown): CheckStep {
  return errorStep(name, error, otherwise);
}
