import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hintOf, messageOf, type Clock } from '@bouncer/stream';
import type { CheckStep } from '@bouncer/connector';
import { countRows, type Family } from './address-list.ts';
import { lookAtConnection } from './check-connection.ts';
import { POLICIES, entriesFor, readPolicies, readResource, type Resource } from './device.ts';
import { Listing, readListing } from './listing.ts';
import { readTrust, type RouterSettings } from './router-settings.ts';
import { trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { quoted } from './routeros/script-text.ts';
import { openSession } from './routeros/session.ts';
import { blockingRules, readRules, standsBehindEstablished, type Rule } from './rules.ts';
import { ruleCommand } from './setup.ts';

/**
 * The doctor's half of the router: each step is told as soon as it is known, and what cannot be tried after a failure is
 * left out. Writes nothing.
 */
export async function* checkRouter(
  settings: RouterSettings,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const name = await step('dns', () => checkName(settings.host));
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
    yield failed('login', error);
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
      const { size, surplus, foreign, foreignOther } = listing;
      rows += size + surplus.length;
      const others = foreign.size + foreignOther;
      const left = surplus.length > 0 ? `, ${String(surplus.length)} to be cleaned up` : '';
      return `${JSON.stringify(list)} holds ${String(size)} of ours${left}, ${String(others)} of others`;
    });
  }
  for (const family of present) yield await checkRule(link, family, settings, signal);
  yield checkRoom(resource, rows, settings);
}

async function checkName(host: string): Promise<string> {
  if (isIP(host) !== 0) return `${host} is an address`;
  const addresses = await lookup(host, { all: true });
  return `${host} is ${addresses.map(({ address }) => address).join(', ')}`;
}

async function checkRights(link: Link, user: string, signal: AbortSignal): Promise<CheckStep> {
  try {
    const policies = await readPolicies(link, user, signal);
    if (!policies) {
      const seen = 'the router does not show them to this user; a command that is refused will name what is missing';
      return { ok: true, level: 'ok', step: 'rights', seen };
    }
    const missing = POLICIES.filter((policy) => !policies.includes(policy));
    if (missing.length === 0) return { ok: true, level: 'ok', step: 'rights', seen: policies.join(',') };
    return {
      ok: false,
      level: 'fail',
      step: 'rights',
      seen: `the policy ${missing.map((policy) => `\`${policy}\``).join(', ')} is missing: ${policies.join(',') || 'none'}`,
      fix: `/user/group/set [/user/get [find name=${quoted(user)}] group] policy=read,write,api`,
    };
  } catch (error) {
    return failed('rights', error);
  }
}

async function checkRule(
  link: Link,
  family: Family,
  settings: RouterSettings,
  signal: AbortSignal,
): Promise<CheckStep> {
  const { list, manageRules } = settings;
  const name = `rule ipv${String(family)}`;
  try {
    const raw = await readRules(link, family, 'raw', signal);
    const filter = await readRules(link, family, 'filter', signal);
    const blocking = [...blockingRules(raw, list), ...blockingRules(filter, list)];
    if (blocking.length > 0) {
      return { ok: true, level: 'ok', step: name, seen: blocking.map((rule) => describe(rule, filter)).join('; ') };
    }
    if (manageRules) return { ok: true, level: 'ok', step: name, seen: 'none yet; it is made with the first entries' };
    const idle = [...raw, ...filter].some((rule) => rule.sourceList === list);
    return {
      ok: false,
      level: 'fail',
      step: name,
      seen: idle
        ? `the rules with src-address-list=${list} are disabled or do not drop: the list is filled, but nothing is blocked`
        : `no rule uses the list ${list}: it is filled, but nothing is blocked`,
      fix: ruleCommand(family, list, settings),
    };
  } catch (error) {
    return failed(name, error);
  }
}

function describe(rule: Rule, filter: readonly Rule[]): string {
  const where = rule.inInterfaceList ? ` in-interface-list=${rule.inInterfaceList}` : '';
  const late = standsBehindEstablished(rule, filter)
    ? ' (behind a rule that accepts established connections: those that exist already go on; a raw rule would end them)'
    : '';
  return `${rule.table} ${rule.chain} ${rule.action}${where}, ${String(rule.packets)} packets${late}`;
}

function checkRoom(resource: Resource, rows: number, { maxEntries }: RouterSettings): CheckStep {
  const mib = (bytes: number): string => `${String(Math.round(bytes / 1024 / 1024))} MiB`;
  const most = maxEntries ?? entriesFor(resource.totalMemory);
  const memory = `${mib(resource.freeMemory)} of ${mib(resource.totalMemory)} free`;
  const seen = `${String(rows)} entries, ${memory}, limit ${most === undefined ? 'none' : String(most)}`;
  const advised = entriesFor(resource.totalMemory) ?? Infinity;
  const tight = resource.totalMemory > 0 && resource.freeMemory < resource.totalMemory / 20;
  if (rows <= advised && !tight) return { ok: true, level: 'ok', step: 'room', seen };
  const fix = `set MAX_ENTRIES=${String(Math.min(advised, Math.max(1000, Math.floor(rows / 2))))} or less, or choose fewer origins with CROWDSEC_ORIGINS`;
  return { ok: false, level: 'fail', step: 'room', seen, fix };
}

async function step(name: string, look: () => Promise<string>): Promise<CheckStep> {
  try {
    return { ok: true, level: 'ok', step: name, seen: await look() };
  } catch (error) {
    return name === 'dns' ? unknownHost(error) : failed(name, error);
  }
}

function unknownHost(error: unknown): CheckStep {
  return {
    ok: false,
    level: 'fail',
    step: 'dns',
    seen: messageOf(error),
    fix: 'let DNS or /etc/hosts know the name, or give MIKROTIK_HOST as an address',
  };
}

function failed(name: string, error: unknown): CheckStep {
  return {
    ok: false,
    level: 'fail',
    step: name,
    seen: messageOf(error),
    fix: hintOf(error) || 'look at /log/print on the router',
  };
}
