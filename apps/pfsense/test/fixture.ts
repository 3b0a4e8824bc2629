import { applyBy, listBy, heldOf } from '@bouncer/testkit';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger, type ApplyReport, type Changes, type HeldEntry, type Logger } from '@bouncer/target';
import type { PfSenseSandbox } from '@bouncer/sandbox';
import { instantNow, type Clock, type Entry, type Network } from '@bouncer/stream';
import type { RuleOffer } from '../src/rules/rule-steps.ts';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { SshTarget } from '../src/ssh-target.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pfsense-test-'));
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** A key pair; the path of the private half. */
export const keyFile = path.join(folder, 'key');
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', keyFile]);
/** The public half, as a line of authorized_keys. */
export const publicKey = readFileSync(`${keyFile}.pub`, 'utf8').trim();

/** The rule that nobody has asked to be otherwise. */
export const usualOffer: RuleOffer = { interfaces: ['wan'], direction: 'in', log: false, position: 'top' };

/** Settings that reach a firewall of the sandbox by password. */
export function settingsFor(pfsense: PfSenseSandbox, more: Partial<FirewallSettings> = {}): FirewallSettings {
  return {
    host: pfsense.host,
    port: pfsense.port,
    user: 'admin',
    password: fixedPassword('pfsense'),
    hostKeys: [pfsense.hostKeyFingerprint],
    alias: 'crowdsec_blacklists',
    file: true,
    sudo: false,
    killStates: true,
    ...more,
  };
}

export function fixedPassword(value: string): NonNullable<FirewallSettings['password']> {
  return { value: () => value, refresh: () => false };
}

export function targetFor(
  pfsense: PfSenseSandbox,
  clock: Clock,
  more: Partial<FirewallSettings> = {},
  log: Logger = silentLogger,
): SshTarget {
  return new SshTarget(settingsFor(pfsense, more), clock, log);
}

/** What a target told while it applied. */
export class Told implements ApplyReport<string> {
  readonly held = new Map<Network, HeldEntry<string>>();
  readonly refusals = new Map<Network, string>();

  written(held: HeldEntry<string>): void {
    this.held.set(held.network, held);
  }

  removed(held: HeldEntry<string>): void {
    this.held.delete(held.network);
  }

  refused(network: Network, reason: string): void {
    this.refusals.set(network, reason);
  }
}

/** Never aborted. */
export const calm = new AbortController().signal;

export function entry(clock: Clock, network: string, seconds = 3600): Entry {
  return {
    network: network as Network,
    expiresAt: instantNow(clock) + seconds,
    origin: 'CAPI',
    scenario: 'ssh',
    type: 'ban',
  };
}

export async function apply(target: SshTarget, changes: Partial<Changes<string>>, signal = calm): Promise<Told> {
  const told = new Told();
  await applyBy(target, { create: [], update: [], delete: [], ...changes }, told, signal);
  return told;
}

/** The engine's look: with what the target has told so far. */
export function verify(target: SshTarget): Promise<boolean> {
  return target.verify(heldOf(target) as ReadonlyMap<Network, HeldEntry<string>>, calm);
}

/** Opened and listed, holding these networks. */
export async function filled(target: SshTarget, clock: Clock, networks: readonly string[]): Promise<void> {
  await target.open(calm);
  await listBy(target, calm);
  await apply(target, { create: networks.map((network) => entry(clock, network)) });
}

/** Addresses 45.0.0.1 and up. */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `45.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`);
}
