import { lockoutSuite } from '@bouncer/testkit';
import { parseNetwork } from '@bouncer/stream';
import { readRows } from '../src/answers.ts';
import { haproxyMissing } from './debian-haproxy.ts';
import { calm, RealHaproxy } from './real-haproxy.ts';

lockoutSuite('haproxy', await haproxyMissing(), async () => {
  const haproxy = new RealHaproxy();
  await haproxy.start();
  const rows = async () => readRows(await haproxy.api.ask(`show acl ${haproxy.acl}`, calm));
  return {
    // A unix socket: no address of its own to be kept open.
    isRemote: false,
    env: haproxy.env,
    blocked: async (addresses) => {
      const states = await Promise.all(addresses.map((address) => haproxy.status(address)));
      return addresses.filter((_, index) => states[index] === 403);
    },
    odd: async () => (await rows()).map(({ text }) => text).filter((text) => parseNetwork(text) !== text),
    count: () => haproxy.count(),
    [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose](),
  };
});
