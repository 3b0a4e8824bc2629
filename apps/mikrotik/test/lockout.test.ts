import { lockoutSuite } from '@bouncer/testkit';
import { places, startRouterOs } from '@bouncer/sandbox';
import { parseNetwork, toInterval } from '@bouncer/stream';

lockoutSuite('mikrotik', undefined, async (bubble) => {
  const router = await startRouterOs();
  await bubble.expose(places.device, router.port);
  return {
    env: {
      MIKROTIK_HOST: `${places.device}:${router.port}`,
      MIKROTIK_USER: 'crowdsec',
      MIKROTIK_PASSWORD: 'secret',
      MIKROTIK_TLS: 'false',
    },
    blocked: (addresses) => {
      const held = router.addressesOf('crowdsec').map((text) => toInterval(parseNetwork(text)!));
      const isHeld = (address: string): boolean => {
        const { family, first } = toInterval(parseNetwork(address)!);
        return held.some((range) => range.family === family && range.first <= first && first <= range.last);
      };
      return Promise.resolve(addresses.filter(isHeld));
    },
    odd: () => {
      const rows = router.rows().filter(({ list, comment, dynamic }) => {
        return list !== 'crowdsec' || !dynamic || !/^crowdsec-bouncer[ -~]{0,104}$/.test(comment);
      });
      return Promise.resolve([...rows, ...router.rules()].map((each) => JSON.stringify(each)));
    },
    count: () => Promise.resolve(router.addressesOf('crowdsec').length),
    [Symbol.asyncDispose]: () => router.close(),
  };
});
