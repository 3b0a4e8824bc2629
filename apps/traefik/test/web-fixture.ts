import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answerTo, ConnectorProcess, freePort, startAppsec, startLapi, until } from '@bouncer/sandbox';
import { onTestFinished } from 'vitest';

export const banned = '203.0.113.7';
export const clean = '198.51.100.1';

/** One request, and what came back. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends it to a port of the loopback, over a connection of its own. */
export async function send(
  port: number,
  { method = 'GET', path: at = '/', headers = {}, body }: Sent,
): Promise<Received> {
  const request = httpRequest({ host: '127.0.0.1', port, method, path: at, headers, agent: false }).end(body);
  const response = await answerTo(request);
  let text = '';
  for await (const part of response) text += String(part);
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}

/** A site that tells what reached it. */
export async function startSite() {
  const seen: { url: string; method: string; headers: IncomingHttpHeaders; length: number }[] = [];
  const server = createServer((request, response) => {
    let length = 0;
    request.on('data', (part: Buffer) => (length += part.length));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', method: request.method ?? '', headers: request.headers, length });
      response.end(`site ${request.method ?? ''} ${request.url ?? ''} ${length}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

/** LAPI with one ban, AppSec (both stand-ins) and a connector in forwardauth mode; all of them end with the test. */
export async function startWeb(env: Readonly<Record<string, string>> = {}, hasAppsec = true) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const output = path.join(folder, 'output');
  mkdirSync(output);
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  const appsec = await startAppsec({ key: lapi.key });
  onTestFinished(() => appsec[Symbol.asyncDispose]());
  lapi.decisions.add({ value: banned, duration: 3600, origin: 'cscli', scenario: 'test/scenario' });
  const port = await freePort();
  const all = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '0.2s',
    ...(hasAppsec && { CROWDSEC_APPSEC_URL: appsec.url }),
    TRAEFIK_MODE: 'forwardauth',
    TRAEFIK_LISTEN: `127.0.0.1:${port}`,
    TRAEFIK_ADDRESS: `http://127.0.0.1:${port}`,
    TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
    TRAEFIK_OUTPUT_DIR: output,
    HTTP_LISTEN: '127.0.0.1:0',
    ...env,
  };
  const connector = new ConnectorProcess({ app: 'traefik', env: all });
  onTestFinished(() => connector[Symbol.asyncDispose]());
  await until('the first decisions', () => connector.stdout.includes('written to the device'));
  /** As a proxy asks. */
  const ask = (uri: string, { headers = {}, ...more }: Sent = {}, from = clean): Promise<Received> =>
    send(port, {
      path: '/v1/forward-auth',
      ...more,
      headers: {
        'X-Forwarded-For': from,
        'X-Forwarded-Method': 'GET',
        'X-Forwarded-Uri': uri,
        'X-Forwarded-Host': 'app.example',
        'X-Forwarded-Proto': 'https',
        ...headers,
      },
    });
  const write = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  return { folder, output, lapi, appsec, connector, port, ask, env: all, write };
}

/** Where a connector with `HTTP_LISTEN: 127.0.0.1:0` turned out to listen. */
export function httpPort(stdout: string): number {
  return Number(/"url":"http:\/\/127\.0\.0\.1:(\d+)\/","msg":"status page"/.exec(stdout)?.[1]);
}
