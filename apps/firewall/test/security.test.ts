import { Bubble, places, securitySuite } from '@bouncer/sandbox';
import { connector } from '../src/connector.ts';
import { kernelMissing } from './namespace.ts';

securitySuite({
  app: 'firewall',
  connector,
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
