import { Bubble, places } from '@bouncer/sandbox';
import { securitySuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';
import { kernelMissing } from './namespace.ts';

securitySuite({
  app: 'firewall',
  connector: kind,
  missing: kernelMissing(),
  secrets: [],
  start: async (_secrets, lapi) => {
    const bubble = await Bubble.create();
    await bubble.expose(places.lapi, lapi.port);
    return {
      env: { CROWDSEC_API_URL: `http://${places.lapi}:${lapi.port}` },
      launcher: bubble.inside.prefix,
      fail: async () => {
        await bubble.inside.run('nft flush ruleset');
      },
      [Symbol.asyncDispose]: () => bubble[Symbol.asyncDispose](),
    };
  },
});
