import { readFileSync } from 'node:fs';
import { OutputFolder, type Logger } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { tlsFileEnd } from '../plugin/purged-files.ts';
import { tlsAddressOf } from '../plugin/seen-from-traefik.ts';
import { ownTls } from './own-tls.ts';
import type { TlsIdentity } from './own-tls.ts';

/** What the endpoint with TLS is known by. */
export interface AuthTls {
  identity(): TlsIdentity;
  /** Before the proxy is told of it. */
  save(): Promise<void>;
  /** Looks whether it has to be another one by now; true when it is. */
  renew(): boolean;
}

/** Names by which the endpoint is asked on this machine as well. */
const near = ['localhost', '127.0.0.1', '::1'];

/** Undefined when there is no such endpoint. */
export function authTlsOf(
  values: TraefikValues,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): AuthTls | undefined {
  const address = tlsAddressOf(values);
  if (address === undefined) return undefined;
  const { tlsCertFile, tlsKeyFile, tlsCaFile } = values;
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '');
  const read = (): { identity: TlsIdentity; save: () => Promise<void> } => {
    if (tlsCertFile !== undefined && tlsKeyFile !== undefined) {
      const [cert, key, ca] = [tlsCertFile, tlsKeyFile, tlsCaFile ?? tlsCertFile].map((file) =>
        readFileSync(file, 'utf8'),
      );
      return { identity: { cert: cert ?? '', key: key ?? '', ca: ca ?? '' }, save: () => Promise.resolve() };
    }
    const folder = new OutputFolder(values.outputDir, 'TRAEFIK_OUTPUT_DIR');
    return ownTls({
      folder,
      file: `${values.middleware}${tlsFileEnd}`,
      names: [...new Set([host, ...near])],
      clock,
      log,
    });
  };
  let now = read();
  return {
    identity: () => now.identity,
    save: () => now.save(),
    renew() {
      const before = now.identity;
      now = read();
      return before.cert !== now.identity.cert || before.ca !== now.identity.ca;
    },
  };
}
