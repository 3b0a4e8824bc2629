import { readFile } from 'node:fs/promises';
import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';

const SWITCHES = { 4: '/proc/sys/net/ipv4/ip_forward', 6: '/proc/sys/net/ipv6/conf/all/forwarding' } as const;

/** Whether this host passes packets on to others (a router, containers). */
export async function forwards(families: readonly (4 | 6)[]): Promise<boolean> {
  for (const family of families) {
    const text = await readFile(SWITCHES[family], 'utf8').catch(() => '0');
    if (text.trim() !== '0') return true;
  }
  return false;
}

/** With hooks that see only what is for the host itself, what it forwards is open. */
export function forwardConcern({ mode, hooks, setOnly }: FirewallSettings, isForwarding: boolean): Concern[] {
  // A chain that we do not know may be one that FORWARD leads to; the walk judges it.
  const sees = hooks.some((hook) => !['input', 'output', 'INPUT', 'OUTPUT'].includes(hook));
  if (setOnly || sees || !isForwarding) return [];
  return [
    {
      level: 'warn',
      seen: 'this host forwards packets, and FIREWALL_HOOKS guards input alone: containers and networks behind it are not covered',
      fix: `FIREWALL_HOOKS=${mode === 'nftables' ? 'input,forward' : 'INPUT,FORWARD'}`,
    },
  ];
}
