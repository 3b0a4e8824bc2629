import { rmSync } from 'node:fs';
import { startPfSense, type PfSenseSandbox } from '@bouncer/sandbox';
import type { MatrixDevice } from '@bouncer/testkit';
import { keyFile, publicKey } from '../fixture.ts';

/** Commands of pfctl that write a table. */
const WRITES = ['add', 'delete', 'replace'];

/** A pfSense behind a real sshd, its alias files on a small disk of their own. */
export class FirewallLane implements MatrixDevice {
  readonly pfsense: PfSenseSandbox;

  private constructor(pfsense: PfSenseSandbox) {
    this.pfsense = pfsense;
    this.setLogin(true);
  }

  static async start(): Promise<FirewallLane> {
    return new FirewallLane(await startPfSense({ aliasDiskKilobytes: 128 }));
  }

  get env(): Readonly<Record<string, string>> {
    return {
      PFSENSE_HOST: `${this.pfsense.host}:${this.pfsense.port}`,
      PFSENSE_SSH_KEY_FILE: keyFile,
      PFSENSE_HOST_KEY: this.pfsense.hostKeyFingerprint,
    };
  }

  blocked(networks: readonly string[]): Promise<ReadonlySet<string>> {
    const held = new Set(this.pfsense.entriesOf() ?? []);
    return Promise.resolve(new Set(networks.filter((network) => held.has(network))));
  }

  /** Connections and commands. */
  activity(): number {
    return this.pfsense.link.connections + this.pfsense.execChannels;
  }

  /** Whether the firewall knows our key. */
  setLogin(isKnown: boolean): void {
    this.pfsense.setKeys('admin', isKnown ? [publicKey] : []);
  }

  holdApply() {
    const { pfsense } = this;
    let release: (() => void) | undefined;
    pfsense.intercept = ({ program, args, stdin }) => {
      if (program !== 'pfctl' || !WRITES.some((write) => args.includes(write))) return undefined;
      return new Promise((resolve) => {
        release = () => {
          resolve(pfsense.pfctl(args, stdin));
        };
      });
    };
    return {
      reached: () => release !== undefined,
      release: () => {
        pfsense.intercept = undefined;
        release?.();
      },
    };
  }

  /** The next addition to the table is done, and the line is cut before anybody hears of it. */
  cutAfterAdding(): void {
    const { pfsense } = this;
    pfsense.intercept = ({ args, stdin }) => {
      if (!args.includes('add')) return undefined;
      pfsense.intercept = undefined;
      const outcome = pfsense.pfctl(args, stdin);
      pfsense.link.cut();
      return outcome;
    };
  }

  deleteFile(): void {
    rmSync(this.pfsense.firewall.aliasFile('crowdsec_blacklists'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.pfsense.close();
  }
}
