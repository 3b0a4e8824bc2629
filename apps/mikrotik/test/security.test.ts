import { securitySuite } from '@bouncer/testkit';
import { startRouterOs } from '@bouncer/sandbox';
import { kind } from '../src/kind.ts';

securitySuite({
  app: 'mikrotik',
  connector: kind,
  secrets: ['MIKROTIK_PASSWORD'],
  start: async (secrets) => {
    const password = secrets['MIKROTIK_PASSWORD'] ?? '';
    const router = await startRouterOs({ users: [{ name: 'crowdsec', password, policies: ['read', 'write', 'api'] }] });
    return {
      env: { MIKROTIK_HOST: `${router.host}:${router.port}`, MIKROTIK_USER: 'crowdsec', MIKROTIK_TLS: 'false' },
      fail: () => router.refuse(),
      [Symbol.asyncDispose]: () => router.close(),
    };
  },
});
