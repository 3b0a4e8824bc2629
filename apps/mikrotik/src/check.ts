import type { Clock } from '@bouncer/stream';
import { dnsStep, errorStep, failed, passed, triedStep, warned, shown, type CheckStep } from '@bouncer/target';
import type { Family } from './address-list.ts';
import { lookAtConnection } from './check-connection.ts';
import { checkLists, type Found, type ListSteps } from './check-lists.ts';
import { entriesFor, readResource, readRights } from './device.ts';
import type { Resource } from './device.ts';
import { assessFirewall } from './firewall/assess.ts';
import { readTrust } from './router-settings.ts';
import type { RouterSettings } from './router-settings.ts';
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
    const session = (until: AbortSignal): Promise<Link> =>
      openSession({ host, port, user, password: password.value(), trust: readTrust(tls), clock }, until);
    link = await session(signal);
    yield* checkInside(link, settings, { clock, session }, signal);
  } catch (error) {
    yield failure('login', error);
  } finally {
    await link?.close();
  }
}

async function* checkInside(
  link: Link,
  settings: RouterSettings,
  { clock, session }: Pick<ListSteps, 'clock' | 'session'>,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { user } = settings;
  let resource: Resource | undefined;
  yield await step('login', async () => {
    resource = await readResource(link, signal);
    return `user ${shown(user)}; RouterOS ${resource.version} on ${resource.board}`;
  });
  if (!resource) return;
  yield await checkRights(link, user, signal);
  const found: Found = { present: [], rows: 0 };
  yield* checkLists({ link, settings, clock, session, otherwise }, found, signal);
  yield* await checkFirewall(link, settings, found.present, signal);
  yield checkRoom(resource, found.rows, settings);
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
