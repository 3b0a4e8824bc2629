import { securitySuite, startRouterOs } from '@bouncer/sandbox';
import { connector } from '../src/connector.ts';

securitySuite({
  app: 'mikrotik',
  connector,
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
