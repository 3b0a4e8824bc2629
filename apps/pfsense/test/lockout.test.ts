import { crowdsecAlias, pfSenseMissing, places, startPfSense } from '@bouncer/sandbox';
import { lockoutSuite } from '@bouncer/testkit';
import { parseNetwork, toInterval } from '@bouncer/stream';

lockoutSuite('pfsense', await pfSenseMissing(), async (bubble) => {
  const firewall = await startPfSense();
  await bubble.expose(places.device, firewall.port);
  return {
    env: {
      PFSENSE_HOST: `${places.device}:${firewall.port}`,
      PFSENSE_PASSWORD: 'pfsense',
      PFSENSE_HOST_KEY: firewall.hostKeyFingerprint,
    },
    blocked: (addresses) => {
      const held = (firewall.entriesOf() ?? []).map((text) => toInterval(parseNetwork(text)!));
      const isHeld = (address: string): boolean => {
        const { family, first } = toInterval(parseNetwork(address)!);
        return held.some((range) => range.family === family && range.first <= first && first <= range.last);
      };
      return Promise.resolve(addresses.filter(isHeld));
    },
    odd: () => {
      const lines = firewall.fileOf()?.split('\n').slice(1, -1) ?? [];
      const tables = [...firewall.firewall.tables].filter(
        ([name, { entries }]) => name !== crowdsecAlias.name && entries.size > 0,
      );
      const others = lines.filter((line) => parseNetwork(line) !== line);
      return Promise.resolve([...others, ...tables.map(([name]) => name)]);
    },
    count: () => Promise.resolve(firewall.entriesOf()?.length ?? 0),
    [Symbol.asyncDispose]: () => firewall.close(),
  };
});
