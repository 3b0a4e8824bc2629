import { printHostPort, type Secret } from '@bouncer/target';
import type { PfSenseValues } from '../config.ts';
import type { SetupOptions } from '../php-snippet.ts';
import type { Twins } from './twins.ts';

type Password = Pick<Secret, 'value' | 'refresh'>;

/** Makes alias and rules, and takes them away, without SSH. */
export interface SetupByApi {
  apply(dry: boolean, signal: AbortSignal): Promise<string>;
  remove(dry: boolean, signal: AbortSignal): Promise<string>;
}

/** Everything that the connector knows about one firewall that it reaches by SSH. */
export interface FirewallSettings
  extends
    SetupOptions,
    Pick<PfSenseValues, 'user' | 'sudo' | 'killStates'>,
    Partial<Pick<PfSenseValues, 'keyFile' | 'knownHostsFile'>> {
  readonly host: string;
  readonly port: number;
  readonly password?: Password | undefined;
  readonly keyPassphrase?: Password | undefined;
  /** Known to be an OPNsense: what makes alias and rule by its API. */
  readonly opnsense?: SetupByApi | undefined;
  /** Shared by all targets: tells when two of them are one firewall. */
  readonly twins?: Twins;
  /** All firewalls that are named. */
  readonly hosts?: readonly string[];
  /** What stands before the host of the served list's URL, without a secret: `pfsense:<PFSENSE_LISTEN_PASSWORD>@`. */
  readonly listLogin?: string;
  /** Fingerprints, any of which will do. */
  readonly hostKeys: readonly string[];
}

/** `pfsense 192.168.1.1`, with the port when it is not the usual one. */
export function targetName({ host, port }: Pick<FirewallSettings, 'host' | 'port'>): string {
  return `pfsense ${printHostPort(port === 22 ? { host } : { host, port })}`;
}
