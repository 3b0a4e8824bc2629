import { ManualClock } from '@bouncer/stream';
import { RouterOSClient } from 'routeros-client';
import { expect, it } from 'vitest';
import { startRouterOs } from './sandbox.ts';

// The package as it is published, unhardened: it must take the emulator for a router.
it.each(['6.42.1', '6.49.10', '7.17.2'])('routeros-client logs in to %s, adds and prints', async (version) => {
  await using router = await startRouterOs({ version, clock: new ManualClock() });
  const client = new RouterOSClient({ host: router.host, port: router.port, user: 'crowdsec', password: 'secret' });
  client.on('error', () => undefined);
  const api = await client.connect();
  try {
    const menu = '/ip/firewall/address-list';
    await api.menu(menu).exec('add', { list: 'x', address: '192.0.2.1/32', timeout: '1h', comment: 'stock' });
    expect(router.rows()).toMatchObject([{ address: '192.0.2.1', dynamic: true, comment: 'stock', timeout: 3600 }]);
    const rows: unknown = await api.menu(menu).where('list', 'x').get();
    expect(rows).toMatchObject([{ id: '*1', address: '192.0.2.1', list: 'x', timeout: '1h' }]);
    await expect(api.menu(menu).exec('add', { list: 'x', address: '192.0.2.1' })).rejects.toThrow('already have such');
  } finally {
    await client.close();
  }
});
