import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  REAL_SCAN_US_PER_ROW,
  fingerprintOf,
  selfSigned,
  startRouterOs,
  type CertifiedKey,
  type RouterOsSandbox,
} from '@bouncer/sandbox';
import type { MatrixDevice } from '@bouncer/testkit';
import type { Clock } from '@bouncer/stream';

const list = 'crowdsec';

/** A router with TLS and a pinned certificate, as the fault matrix needs it. */
export class RouterLane implements MatrixDevice {
  readonly router: RouterOsSandbox;
  readonly certificate: CertifiedKey;
  readonly passwordFile: string;

  private constructor(router: RouterOsSandbox, certificate: CertifiedKey, folder: string) {
    this.router = router;
    this.certificate = certificate;
    this.passwordFile = path.join(folder, 'password');
    writeFileSync(this.passwordFile, 'secret');
  }

  static async start(clock: Clock, folder: string): Promise<RouterLane> {
    const certificate = await selfSigned();
    const scanUsPerRow = REAL_SCAN_US_PER_ROW;
    return new RouterLane(await startRouterOs({ clock, tls: certificate, scanUsPerRow }), certificate, folder);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      MIKROTIK_HOST: `${this.router.host}:${this.router.port}`,
      MIKROTIK_USER: 'crowdsec',
      MIKROTIK_PASSWORD_FILE: this.passwordFile,
      MIKROTIK_BLACKLIST: list,
      MIKROTIK_TLS_FINGERPRINT: fingerprintOf(this.certificate.cert),
    };
  }

  blocked(networks: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = this.router.rows(undefined, list).filter(({ disabled }) => !disabled);
    const held = new Set(rows.map(({ address }) => address.replace(/\/(128|32)$/, '')));
    return Promise.resolve(new Set(networks.filter((network) => held.has(network))));
  }

  /** Connections and listings; what is written is bounded by what there is to write. */
  activity(): number {
    const { connections, prints } = this.router.counters;
    return connections + prints;
  }

  /** The next write is done and never answered, as on a router whose link has gone. */
  holdApply() {
    this.router.swallowReply(0, 'write');
    return {
      reached: () => this.router.plannedFaults === 0,
      release: () => {
        this.router.clearFaults();
      },
    };
  }

  /** Empties the list, the rows of others included. */
  flush(): void {
    this.router.wipe(list);
  }

  /** Somebody else's row, switched off: the router then refuses ours with the same address. */
  occupy(address: string): string {
    return this.router.addRow({ list, address, disabled: true, comment: 'by hand' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.router.close();
  }
}
