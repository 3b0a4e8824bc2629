import { readFileSync } from 'node:fs';
import { AuthError } from '@bouncer/stream';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { LOGIN_RETRY_SECONDS } from './errors.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { fingerprintOf, keyTypeOf, knownKeys } from './host-key.ts';
import type { KnownKey } from './host-key.ts';

const RSA: ServerHostKeyAlgorithm[] = ['rsa-sha2-512', 'rsa-sha2-256'];

/** Compares the host key that a firewall shows with what is known of it. */
interface Judge {
  /** Types of the keys that are known, to be asked for first; empty: any. */
  readonly types: ServerHostKeyAlgorithm[];
  /** Why this is not the firewall; undefined when it is. */
  verdict(key: Buffer): Error | undefined;
}

/** Of pins or of a known_hosts file. */
export function hostKeyJudge({ host, port, hostKeys, knownHostsFile }: FirewallSettings): Judge {
  const known = knownHostsFile === undefined ? [] : knownKeys(readFileSync(knownHostsFile, 'utf8'), host, port);
  return {
    types: hostKeys.length > 0 ? [] : algorithmsOf(known),
    verdict(key) {
      const seen = fingerprintOf(key);
      const matching = known.filter((one) => one.key.equals(key));
      if (matching.some(({ revoked }) => revoked))
        return refusal(`its key ${seen} is revoked in the known_hosts file`, seen);
      if (hostKeys.includes(seen) || matching.length > 0) return undefined;
      if (hostKeys.length > 0) return refusal(`its key is ${seen}, not the pinned ${hostKeys.join(' or ')}`, seen);
      if (known.length > 0) return refusal(`its key is ${seen}, and the known_hosts file holds another one`, seen);
      if (knownHostsFile !== undefined) return refusal(`its key ${seen} is not in the known_hosts file`, seen);
      return refusal(`its key is ${seen}, and no key is configured to compare it with`, seen);
    },
  };
  function refusal(what: string, seen: string): AuthError {
    return new AuthError(`host key of ${host} port ${port}: ${what}`, {
      kind: 'host-key',
      retryAfter: LOGIN_RETRY_SECONDS,
      hint: `compare it on the firewall's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); if it is the same, set PFSENSE_HOST_KEY=${seen}; if not, this may be a man-in-the-middle attack`,
    });
  }
}

function algorithmsOf(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = [...new Set(known.map(({ type, key }) => keyTypeOf(key) || type))];
  return types.flatMap((type) => (type === 'ssh-rsa' ? RSA : [type])) as ServerHostKeyAlgorithm[];
}

/**
 * A firewall has keys of several kinds and shows one; a pin does not tell of which kind it is. Where the key that was
 * shown is not the pinned one, the other kind that pfSense has is asked for: undefined where there is no use in that.
 */
export function otherKind(hostKeys: readonly string[], seen: Buffer): ServerHostKeyAlgorithm[] | undefined {
  if (hostKeys.length === 0) return undefined;
  return keyTypeOf(seen) === 'ssh-rsa' ? ['ssh-ed25519'] : RSA;
}
