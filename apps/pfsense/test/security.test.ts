import { freePort, pfSenseMissing, startPfSense } from '@bouncer/sandbox';
import { securitySuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

securitySuite({
  app: 'pfsense',
  connector: kind,
  missing: await pfSenseMissing(),
  secrets: ['PFSENSE_PASSWORD', 'PFSENSE_LISTEN_PASSWORD'],
  start: async (secrets) => {
    const password = secrets['PFSENSE_PASSWORD'] ?? '';
    const firewall = await startPfSense({ users: [{ name: 'root', uid: 0, shell: '/bin/sh', password }] });
    const port = await freePort();
    return {
      env: {
        PFSENSE_HOST: `${firewall.host}:${firewall.port}`,
        PFSENSE_USER: 'root',
        PFSENSE_HOST_KEY: firewall.hostKeyFingerprint,
        PFSENSE_LISTEN: `127.0.0.1:${port}`,
      },
      ports: [port],
      fail: () => {
        firewall.link.mood = 'refuse';
        firewall.link.cut();
      },
      [Symbol.asyncDispose]: () => firewall.close(),
    };
  },
});
