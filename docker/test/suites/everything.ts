import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { selfSigned, startRouterOs } from '@bouncer/sandbox';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Engine } from '../engine/engine.ts';
import { Desk } from '../paste/desk.ts';
import { blocksUnder, dropListed, pinIn } from '../paste/ends.ts';
import { makeCrowdsec, makeGrafana, makePrometheus, otherImagesMissing } from '../paste/other-images.ts';

const file = path.resolve(import.meta.dirname, '../../compose/everything.yaml');
/** What the page of troubleshooting looks up and lifts, and another one. */
const [first, second] = ['203.0.113.7', '203.0.113.8'];
const lookUp = `http://127.0.0.1:9460/lookup.json?ip=${first}`;
const list = 'crowdsec-blocked';
const withoutOthers = await otherImagesMissing();

/** docker/compose/everything.yaml, started as docs/docker.md says, with two of the connectors. */
export function everything(engine: () => Engine, withoutNft: string | undefined): void {
  const missing = withoutNft ?? withoutOthers;
  describe.skipIf(missing !== undefined)(
    `everything.yaml by docs/docker.md (${missing ?? 'ready'})`,
    { timeout: 900_000 },
    () => {
      beforeAll(async () => {
        const { services } = parse(await readFile(file, 'utf8')) as { services: Record<string, { image: string }> };
        const tagOf = (service: string): string => services[service]?.image ?? '';
        await makeCrowdsec(engine(), tagOf('crowdsec'));
        await makePrometheus(engine(), tagOf('prometheus'));
        await makeGrafana(engine(), tagOf('grafana'));
      });

      it('a decision of cscli ends on the router and in the kernel, and Prometheus finds who has a page', async () => {
        const host = engine().hostAddress;
        await using router = await startRouterOs({ host, tls: await selfSigned({ names: [host] }) });
        router.setPassword('crowdsec', 'printed-by-setup');
        dropListed(router, list);
        await using desk = await Desk.open(engine(), { '192.168.88.1': `${router.host}:${router.port}` });
        const [block = '', ...more] = await blocksUnder('docs/docker.md', 'Compose');
        expect(more).toEqual([]);
        await desk.paste(block);
        const pin = pinIn((await desk.try('docker exec compose-mikrotik-bouncer-1 check')).stdout);
        const last = block.trim().split('\n').at(-1) ?? '';
        await desk.paste(`${pin} ${last}`);

        const kernel = async () => (await engine().onHost('nft', ['list', 'table', 'inet', 'crowdsec'])).stdout;
        const blocked = async (address: string): Promise<boolean> =>
          router.addressesOf(list).includes(address) && (await kernel()).includes(address);
        for (const address of [first, second])
          await desk.paste(`docker exec compose-crowdsec-1 cscli decisions add --ip ${address}`);
        await desk.until('the bans are on both', async () => (await blocked(first)) && (await blocked(second)));
        // The ports that the page names.
        await desk.verdict('protecting', 9460);
        await desk.verdict('protecting', 9461);
        const names = await desk.paste("docker ps --format '{{.Names}}' | sort");
        const running = ['crowdsec', 'firewall-bouncer', 'grafana', 'mikrotik-bouncer', 'prometheus'];
        expect(names.trim().split('\n')).toEqual(running.map((name) => `compose-${name}-1`));
        await desk.until('Grafana has what it is given', async () =>
          (await desk.paste('docker logs compose-grafana-1')).includes('all is there'),
        );
        const found = async (): Promise<string> => {
          const ask =
            "const answer = await fetch('http://prometheus:9090/api/v1/targets'); console.log(await answer.text())";
          const { stdout } = await engine().try([
            'exec',
            'compose-mikrotik-bouncer-1',
            'node',
            '--input-type=module',
            '-e',
            ask,
          ]);
          const { data } = JSON.parse(stdout || '{"data":{"activeTargets":[]}}') as Targets;
          return data.activeTargets.map(({ labels }) => labels.instance).join();
        };
        await desk.until('Prometheus has found the page', async () => (await found()) === 'mikrotik-bouncer');

        // Somebody has blocked himself: docs/troubleshooting.md.
        await desk.program('cscli', 'exec docker exec compose-crowdsec-1 cscli "$@"');
        expect(JSON.parse((await desk.ask(lookUp))?.body ?? '{}')).toMatchObject({ blocked: true });
        const [pardon = ''] = await blocksUnder('docs/troubleshooting.md', 'I have blocked myself');
        await desk.paste(pardon);
        await desk.until('it is lifted everywhere', async () => {
          return !router.addressesOf(list).includes(first) && !(await kernel()).includes(first);
        });
        expect(JSON.parse((await desk.ask(lookUp))?.body ?? '{}')).toMatchObject({ blocked: false });

        await desk.paste(`${pin} ${last.replace('up -d', 'stop')}`);
        expect(await blocked(second)).toBe(true);
        await engine().inNetwork('nft', ['delete', 'table', 'inet', 'crowdsec']);
      });
    },
  );
}

interface Targets {
  readonly data: { readonly activeTargets: readonly { readonly labels: { readonly instance: string } }[] };
}
