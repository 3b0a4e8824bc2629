import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@bouncer/sandbox';
import type { CheckStep } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { runningSteps } from '../src/running/running-steps.ts';
import { noTraefik, TraefikLab } from './traefik-lab.ts';

const never = new AbortController().signal;

async function steps(url: string): Promise<readonly string[]> {
  const found: CheckStep[] = [];
  for await (const step of runningSteps(url, 'crowdsec', never)) found.push(step);
  return found.map(({ level, step, seen }) => `${level} ${step} ${seen}`);
}

/** Traefik's API as v3.7.9 answers, with these rows. */
async function api(
  rows: { readonly routers?: readonly object[]; readonly middlewares?: readonly object[] },
  status = 200,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://a.example');
    const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('per_page'))];
    const all = pathname.endsWith('/routers')
      ? rows.routers
      : pathname.endsWith('/middlewares')
        ? rows.middlewares
        : [];
    const isPastEnd = page > 1 && (page - 1) * size >= (all?.length ?? 0);
    response.statusCode = isPastEnd ? 400 : status;
    const version = { Version: '3.7.9', Codename: 'x' };
    const body = pathname === '/api/version' ? version : (all ?? []).slice((page - 1) * size, page * size);
    response.end(status === 200 ? JSON.stringify(body) : 'no');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const ours = { name: 'crowdsec@file', status: 'enabled' };
const router = (name: string, middlewares: readonly string[], more: object = {}) => ({
  ...{ name, middlewares, status: 'enabled' },
  ...more,
});

describe('what a running Traefik says', () => {
  it('is right when every router goes through the middleware, by itself or by a chain', async () => {
    const chain = { name: 'all@file', status: 'enabled', chain: { middlewares: ['crowdsec'] } };
    const routers = [
      ...[router('a@docker', ['crowdsec@file']), router('b@file', ['all@file'])],
      router('dashboard@internal', []),
    ];
    await using server = await api({ routers, middlewares: [ours, chain] });
    expect(await steps(`${server.url}/dashboard/`)).toEqual([
      'ok traefik Traefik 3.7.9, 3 routers',
      'ok middleware crowdsec@file is loaded',
      'ok routers all 2 routers use it',
    ]);
  });

  it('counts over all pages the routers that do not go through it, and names some', async () => {
    const routers = [...Array(1200).keys()].map((index) =>
      router(`r${index}@docker`, index < 1188 ? ['crowdsec@file'] : []),
    );
    await using server = await api({ routers, middlewares: [ours] });
    expect((await steps(server.url)).at(-1)).toBe(
      'warn routers 12 of 1200 routers do not use it: r1188@docker, r1189@docker, r1190@docker, r1191@docker, r1192@docker and 7 more',
    );
  });

  it.each<[string, readonly object[], readonly object[], RegExp]>([
    [
      'no such middleware',
      [],
      [{ name: 'other@file', status: 'enabled' }],
      /^fail middleware Traefik knows no middleware/,
    ],
    [
      'one that it refuses',
      [],
      [{ ...ours, status: 'disabled', error: ['bad'] }],
      /^fail middleware crowdsec@file is disabled: bad/,
    ],
    ['one that nobody uses', [router('a@file', [])], [ours], /^fail routers none of 1 routers uses it/],
    ['no router at all', [], [ours], /^fail routers none of 0 routers/],
    [
      'a plugin that was not loaded',
      [router('a@file', ['crowdsec@file'], { status: 'disabled', error: ['unknown plugin type: crowdsec'] })],
      [ours],
      /^fail routers a@file is disabled and answers 404: unknown plugin type/,
    ],
  ])('fails for %s', async (_, routers, middlewares, finding) => {
    await using server = await api({ routers, middlewares });
    expect(await steps(server.url)).toContainEqual(expect.stringMatching(finding));
  });

  it.each([
    [404, /this is not Traefik's API/],
    [401, /answered 401/],
  ])('says what a %i means', async (status, words) => {
    await using server = await api({}, status);
    expect(await steps(server.url)).toEqual([expect.stringMatching(words)]);
  });

  it('says that nobody listens', async () => {
    expect(await steps(`http://127.0.0.1:${await freePort()}`)).toEqual([
      expect.stringMatching(/^fail traefik .*ECONNREFUSED/),
    ]);
  });
});

describe.skipIf(noTraefik !== undefined)(`a real Traefik (${noTraefik ?? 'ready'})`, () => {
  it('tells of the middleware, of a router that goes round it, and of a plugin that is not there', async () => {
    await using lab = await TraefikLab.create({ TRAEFIK_MODE: 'forwardauth', TRAEFIK_TRUSTED_PROXIES: '127.0.0.1' });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    lab.route([]);
    const flags = ['--api.insecure=true', `--entryPoints.traefik.address=127.0.0.1:${port}`];
    await lab.startTraefik(flags);
    const holds = async (words: RegExp): Promise<void> => {
      await expect.poll(async () => (await steps(url)).join('\n'), { timeout: 200_000, interval: 100 }).toMatch(words);
    };
    await holds(/^fail middleware Traefik knows no middleware/m);
    const forward = { forwardAuth: { address: 'http://127.0.0.1:1', trustForwardHeader: true } };
    writeFileSync(
      path.join(lab.output, 'crowdsec.yml'),
      JSON.stringify({ http: { middlewares: { crowdsec: forward } } }),
    );
    await holds(/^fail routers none of 1 routers uses it/m);
    lab.route(['crowdsec'], { second: { rule: 'Host(`b.example`)', service: 'app', entryPoints: ['web'] } });
    await holds(/^warn routers 1 of 2 routers do not use it: second@file/m);
    lab.route(['crowdsec']);
    await holds(/^ok routers all 1 routers use it/m);
    const plugin = { plugin: { crowdsec: { enabled: true } } };
    writeFileSync(
      path.join(lab.output, 'crowdsec.yml'),
      JSON.stringify({ http: { middlewares: { crowdsec: plugin } } }),
    );
    await holds(/^fail routers app@file is disabled and answers 404: .*plugin/m);
  });
});
