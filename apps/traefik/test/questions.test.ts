import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type LapiSandbox, startLapi } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lint, readSource } from '../src/lint/lint.ts';
import { noPlugin, placePlugin } from './real-plugin.ts';
import { startProxy } from './real-proxy.ts';
import { noTraefik, traefik } from './traefik-lab.ts';

/**
 * Configurations as people ask about them, each in a folder of its own: the static part, the dynamic part, and what a real
 * Traefik with the real plugin makes of them. `blocks`: who is banned is refused, also with an address of his own choice in
 * a header, and everybody else is served. `passes`: a banned one is served. `refuses`: nobody is served.
 */
const questions = path.join(import.meta.dirname, 'questions');
const folders = readdirSync(questions).sort();
const verdictOf = (folder: string): string => readFileSync(path.join(questions, folder, 'verdict'), 'utf8').trim();
const dynamicOf = (folder: string): string =>
  readdirSync(path.join(questions, folder)).find((name) => name.startsWith('dynamic.')) ?? '';

const [BANNED, CLEAN] = ['203.0.113.7', '198.51.100.1'];
const reason = noTraefik ?? noPlugin;

describe('what check --file says', () => {
  it.each(folders.map((folder) => [folder, verdictOf(folder)]))('of %s, which %s', (folder, verdict) => {
    const files = ['traefik.yml', dynamicOf(folder)].map((name) => path.join(questions, folder, name));
    const { findings } = lint(files.map(readSource), { traefik: [3, 7, 0], plugin: [1, 7, 1] });
    const wrong = findings.filter(({ level }) => level !== 'advice');
    expect(wrong.length > 0, JSON.stringify(findings, undefined, 1)).toBe(verdict !== 'blocks');
  });
});

describe.skipIf(reason !== undefined)(`what a real Traefik with the real plugin makes (${reason ?? 'ready'})`, () => {
  let lapi: LapiSandbox;
  let site: Server;
  beforeAll(async () => {
    lapi = await startLapi();
    lapi.decisions.add({ value: BANNED, duration: 36_000 });
    site = createServer((_request, response) => response.end('site')).listen(0, '127.0.0.1');
    await once(site, 'listening');
  });
  afterAll(async () => {
    await lapi[Symbol.asyncDispose]();
    site.close();
  });

  /** The question's own files, with the addresses of this machine in them; the plugin is taken from a folder. */
  function place(folder: string, home: string, ports: readonly [web: number, api: number]): string {
    const { port } = site.address() as AddressInfo;
    const dynamic = path.join(home, 'dynamic');
    mkdirSync(dynamic);
    const local = (text: string): string =>
      text
        .replaceAll('crowdsec:8080', new URL(lapi.url).host)
        .replaceAll(':8080', `:${new URL(lapi.url).port}`)
        .replaceAll('http://app:80', `http://127.0.0.1:${port}`)
        .replaceAll('sandbox-key', lapi.key);
    const name = dynamicOf(folder);
    writeFileSync(path.join(dynamic, name), local(readFileSync(path.join(questions, folder, name), 'utf8')));
    const text = readFileSync(path.join(questions, folder, 'traefik.yml'), 'utf8')
      .replace('/etc/traefik/dynamic', dynamic)
      .replace(':8000"', `127.0.0.1:${ports[0]}"\n    proxyProtocol: {trustedIPs: [127.0.0.1/32]}`)
      .replace('  plugins:', '  localPlugins:')
      .replace(/ +version: .*\n/, '');
    const own = `\napi: {insecure: true}\nlog: {level: INFO}\nglobal: {checkNewVersion: false, sendAnonymousUsage: false}\n`;
    const file = path.join(home, 'traefik.yml');
    writeFileSync(
      file,
      text.replace('entryPoints:', `entryPoints:\n  traefik: {address: "127.0.0.1:${ports[1]}"}`) + own,
    );
    return file;
  }

  async function ask(port: number, from: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const createConnection = () => {
      const socket = connect(port, '127.0.0.1');
      socket.write(`PROXY TCP4 ${from} 192.0.2.1 40000 80\r\n`);
      return socket;
    };
    const call = httpRequest({ host: 'a.example', path: '/', headers, createConnection, timeout: 20_000 }).end();
    const [response] = (await once(call, 'response')) as [{ statusCode?: number; resume: () => void }];
    response.resume();
    return response.statusCode ?? 0;
  }

  async function verdict(port: number): Promise<string> {
    const forged = { 'X-Forwarded-For': CLEAN, 'X-Real-Ip': CLEAN, 'CF-Connecting-IP': CLEAN };
    if ((await ask(port, CLEAN)) !== 200) return 'refuses';
    const banned = [await ask(port, BANNED), await ask(port, BANNED, forged)];
    return banned.includes(200) ? 'passes' : 'blocks';
  }

  it.each(folders.map((folder) => [folder, verdictOf(folder)]))(
    'of %s: it %s',
    async (folder, expected) => {
      const home = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
      try {
        placePlugin(home);
        const ports = [await freePort(), await freePort()] as const;
        const file = place(folder, home, ports);
        process.env['LAPI_NAME'] = '127.0.0.1';
        process.env['LAPI_KEY'] = lapi.key;
        await using proxy = await startProxy(traefik ?? '', [`--configFile=${file}`], ports[0], home);
        // Before its files are read it refuses everybody.
        const hasRead = async (): Promise<boolean> => {
          const answer = await fetch(`http://127.0.0.1:${ports[1]}/api/http/routers`);
          return (
            /"web[^"]*@file"/.test(await answer.text()) || /Error while building configuration/.test(proxy.output())
          );
        };
        await expect.poll(hasRead, { timeout: 250_000 }).toBe(true);
        await expect.poll(() => verdict(ports[0]), { timeout: 250_000, interval: 100 }).toBe(expected);
        // It stays so: the plugin pulls every second.
        const pulls = lapi.requests.pulls.length;
        for (let round = 0; round < 20 || (expected === 'blocks' && lapi.requests.pulls.length < pulls); round += 1)
          expect(await verdict(ports[0])).toBe(expected);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    },
    600_000,
  );
});
