import { startRouterOs } from '@bouncer/sandbox';
import type { Stage, StageKind } from './stage.ts';

const LIST = 'crowdsec-blocked';

/** A RouterOS stand-in with the rules that use the list, and a row in it that is somebody else's. */
export const mikrotik: StageKind = {
  missing: () => Promise.resolve(undefined),
  async start(): Promise<Stage> {
    // A quarter of a millisecond a command: an RB5009 takes one to three.
    const router = await startRouterOs({ serviceTimeMs: 0.25 });
    for (const family of [4, 6] as const)
      router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': LIST });
    router.addRow({ list: LIST, address: '198.51.100.200', comment: 'put here by hand' });
    router.counters.reset();
    return {
      what: `a RouterOS ${router.version} stand-in`,
      target: {
        host: `${router.host}:${router.port}`,
        user: 'crowdsec',
        password: 'secret',
        tls: false,
        blacklist: LIST,
      },
      look(address) {
        const row = router.rows(4, LIST).find((each) => each.address === address);
        return Promise.resolve(
          row
            ? { state: 'stopped', seen: `a row in the router's list ${LIST}` }
            : { state: 'let in', seen: `no row on the router` },
        );
      },
      writes() {
        const { writes } = router.counters;
        router.counters.reset();
        return writes;
      },
      [Symbol.asyncDispose]: () => router.close(),
    };
  },
};
