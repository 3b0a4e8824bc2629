import { printHostPort, type Secret } from '@bouncer/target';
import type { PfSenseValues } from '../config.ts';
import type { HelperOptions } from './helper.ts';

type Password = Pick<Secret, 'value' | 'refresh'>;

/** Everything that the connector knows about one firewall that it reaches by SSH. */
export interface FirewallSettings
  extends
    HelperOptions,
    Pick<PfSenseValues, 'user' | 'sudo' | 'killStates'>,
    Partial<Pick<PfSenseValues, 'keyFile' | 'knownHostsFile'>> {
  readonly host: string;
  readonly port: number;
  readonly password?: Password | undefined;
  readonly keyPassphrase?: Password | undefined;
  /** Fingerprints, any of which will do. */
  readonly hostKeys: readonly string[];
}

/** `pfsense 192.168.1.1`, with the port when it is not the usual one. */
export function targetName({ host, port }: Pick<FirewallSettings, 'host' | 'port'>): string {
  return `pfsense ${printHostPort(port === 22 ? { host } : { host, port })}`;
}
