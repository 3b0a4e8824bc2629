import { startLapi, type LapiSandbox } from '@bouncer/sandbox';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { makeStore } from './certificates.ts';
import type { Store } from './certificates.ts';
import type { Engine } from './engine/engine.ts';

/** What stands around a container: the documented LAPI, and the /etc/ssl/certs that trusts it. */
export interface Surroundings {
  /** A new one for each test: behind a private CA and the prefix /lapi, where containers reach it. */
  readonly lapi: LapiSandbox;
  readonly store: Store;
}

/** Makes the surroundings of each test of this `describe`. */
export function lapiBehindTls(engine: () => Engine): Surroundings {
  let store: Store | undefined;
  let lapi: LapiSandbox | undefined;
  beforeAll(async () => {
    store = await makeStore();
  });
  afterAll(() => store?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    const host = engine().hostAddress;
    lapi = await startLapi({ host, tls: await store!.authority.server({ names: [host] }), prefix: '/lapi' });
    return () => lapi?.close();
  });
  return {
    get lapi() {
      return lapi!;
    },
    get store() {
      return store!;
    },
  };
}
