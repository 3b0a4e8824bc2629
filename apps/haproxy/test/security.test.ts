import { securitySuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';
import { haproxyMissing } from './debian-haproxy.ts';
import { RealHaproxy } from './real-haproxy.ts';

securitySuite({
  app: 'haproxy',
  connector: kind,
  missing: await haproxyMissing(),
  secrets: [],
  start: async () => {
    const haproxy = new RealHaproxy();
    await haproxy.start();
    return {
      env: haproxy.env,
      fail: () => haproxy.stop(),
      [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose](),
    };
  },
});
