import { crowdsecAlias, pfSenseMissing, startPfSense } from '@bouncer/sandbox';
import type { Stage, StageKind } from './stage.ts';

/** A pfSense stand-in: pf and its files emulated, the sshd before them real. */
export const pfsense: StageKind = {
  missing: pfSenseMissing,
  async start(): Promise<Stage> {
    const firewall = await startPfSense();
    let before = firewall.writes;
    return {
      what: 'a pfSense stand-in behind a real sshd',
      target: {
        host: `${firewall.host}:${firewall.port}`,
        password: 'pfsense',
        host_key: firewall.hostKeyFingerprint,
      },
      look(address) {
        return Promise.resolve(
          firewall.entriesOf()?.includes(address) === true
            ? { state: 'stopped', seen: `an entry in pf's table ${crowdsecAlias.name}` }
            : { state: 'let in', seen: "no entry in pf's table" },
        );
      },
      writes() {
        const since = firewall.writes - before;
        before = firewall.writes;
        return since;
      },
      [Symbol.asyncDispose]: () => firewall.close(),
    };
  },
};
