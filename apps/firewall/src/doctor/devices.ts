import { readdirSync } from 'node:fs';
import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';

/** The network interfaces of this host; nothing where nobody asks, or they cannot be seen. */
export function devicesOf({ interfaces }: Pick<FirewallSettings, 'interfaces'>): readonly string[] {
  if (interfaces.length === 0) return [];
  try {
    return readdirSync('/sys/class/net');
  } catch {
    return [];
  }
}

/** Interfaces of the settings that are not there: a slip of the pen would guard nothing. */
export function deviceConcerns(
  { interfaces }: Pick<FirewallSettings, 'interfaces'>,
  devices: readonly string[],
): Concern[] {
  if (devices.length === 0) return [];
  const absent = interfaces.filter((name) => !devices.some((device) => isNamed(device, name)));
  if (absent.length === 0) return [];
  const isAll = absent.length === interfaces.length;
  return [
    {
      level: isAll ? 'fail' : 'warn',
      seen: `there is no interface ${absent.join(', ')}${isAll ? ': nothing is blocked' : ''}`,
      fix: `correct FIREWALL_INTERFACES; this host has ${devices.join(', ')}`,
    },
  ];
}

function isNamed(device: string, name: string): boolean {
  return /[*+]$/.test(name) ? device.startsWith(name.slice(0, -1)) : device === name;
}
