import type { HeldRow, RowRef } from '../src/address-list.ts';
import { applyBy } from '@bouncer/testkit';
import { silentLogger, type ApplyReport, type Changes, type LogFields, type Logger } from '@bouncer/target';
import type { RouterOsSandbox } from '@bouncer/sandbox';
import { instantNow, type Clock, type Entry, type Network } from '@bouncer/stream';
import type { RouterSettings } from '../src/router-settings.ts';
import { MikrotikTarget } from '../src/target.ts';

/** Settings for a router of the sandbox, without TLS. */
export function routerSettings(
  router: Pick<RouterOsSandbox, 'host' | 'port'>,
  more: Partial<RouterSettings> = {},
): RouterSettings {
  return {
    host: router.host,
    port: router.port,
    user: 'crowdsec',
    password: fixedPassword('secret'),
    newPassword: 'made for this print',
    list: 'crowdsec',
    families: [4, 6],
    manageRules: false,
    wanInterfaceList: 'WAN',
    blockPrivateNetworks: false,
    dryRun: false,
    ...more,
  };
}

/** A password that never changes. */
export function fixedPassword(value: string): RouterSettings['password'] {
  return { value: () => value, refresh: () => false };
}

/** A target for a router of the sandbox. */
export function targetFor(
  router: RouterOsSandbox,
  clock: Clock,
  more: Partial<RouterSettings> = {},
  log: Logger = silentLogger,
): MikrotikTarget {
  return new MikrotikTarget(routerSettings(router, more), clock, log);
}

/** What a target told while it applied. */
export class Told implements ApplyReport<RowRef> {
  readonly held = new Map<Network, HeldRow>();
  readonly order: string[] = [];
  readonly refusals = new Map<Network, string>();

  written(held: HeldRow): void {
    this.held.set(held.network, held);
    this.order.push(`+${held.network}`);
  }

  removed(held: HeldRow): void {
    this.held.delete(held.network);
    this.order.push(`-${held.network}`);
  }

  refused(network: Network, reason: string): void {
    this.refusals.set(network, reason);
  }
}

/** An entry that ends so many seconds from now. */
export function entry(clock: Clock, network: string, seconds = 3600): Entry {
  return {
    network: network as Network,
    expiresAt: instantNow(clock) + seconds,
    origin: 'CAPI',
    scenario: 'ssh',
    type: 'ban',
  };
}

/** Applies some changes. */
export async function apply(
  target: MikrotikTarget,
  changes: Partial<Changes<RowRef>>,
  told = new Told(),
  signal = calm,
): Promise<Told> {
  await applyBy(target, { create: [], update: [], delete: [], ...changes }, told, signal);
  return told;
}

/** Never aborted. */
export const calm = new AbortController().signal;

/** Addresses 198.18.0.0 and up, which nobody has. */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `198.18.${String(index >> 8)}.${String(index & 255)}`);
}

/** A logger that keeps what it is told. */
export function recordingLogger(): Logger & { readonly lines: { fields: LogFields; message: string }[] } {
  const lines: { fields: LogFields; message: string }[] = [];
  const keep = (fields: LogFields, message: string): void => void lines.push({ fields, message });
  const logger = { lines, debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  return logger;
}
