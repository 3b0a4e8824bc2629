import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, freePort, realAppsecMissing, until } from '@bouncer/sandbox';
import {
  expectedVerdicts,
  hubProbes,
  realWebPartner,
  stageBefore,
  startWebStage,
  unanswered,
  unansweredProbes,
  verdictsOf,
  webProbes,
  type WebAnswer,
  type WebProbe,
  type WebStage,
} from '@bouncer/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { caddySnippet, nginxSnippet } from '../src/forward-auth/snippets.ts';
import { missingProgram, startProxy } from './real-proxy.ts';
import { noTraefik, traefik } from './traefik-lab.ts';
import { send } from './web-fixture.ts';

/** A connector in forwardauth mode and a folder, for a proxy in front of it. */
interface Ours {
  readonly folder: string;
  readonly endpoint: string;
  readonly siteUrl: string;
}

type Ask = (probe: WebProbe) => Promise<WebAnswer>;
type Front = (ours: Ours) => Promise<Ask>;

async function startOurs({ env, siteUrl }: WebStage, action: string): Promise<Ours> {
  const folder = mkdtempSync(path.join(tmpdir(), 'verdicts-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  mkdirSync(path.join(folder, 'output'));
  const listen = `127.0.0.1:${String(await freePort())}`;
  const connector = new ConnectorProcess({
    app: 'traefik',
    env: {
      ...env,
      CROWDSEC_APPSEC_FAILURE_ACTION: action,
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_LISTEN: listen,
      TRAEFIK_ADDRESS: `http://${listen}`,
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
      TRAEFIK_OUTPUT_DIR: path.join(folder, 'output'),
    },
  });
  onTestFinished(() => connector[Symbol.asyncDispose]());
  await until('the first decisions', () => connector.stdout.includes('written to the device'));
  return { folder, endpoint: `http://${listen}/v1/forward-auth`, siteUrl };
}

/** Starts a proxy on a port; `header` is the one from which it takes the client's address. */
async function askBy(program: string, args: readonly string[], port: number, header: string): Promise<Ask> {
  const proxy = await startProxy(program, args, port);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return ({ from, path: at = '/page', method, headers, body }) =>
    send(port, {
      path: at,
      ...(method !== undefined && { method }),
      ...(body !== undefined && { body }),
      headers: { ...headers, [header]: from },
    });
}

const behindNginx: Front = async ({ folder, endpoint, siteUrl }) => {
  const port = await freePort();
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; user root; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1; events {}
http { access_log off; client_max_body_size 10m; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
server { listen 127.0.0.1:${String(port)}; ${nginxSnippet(endpoint)}
location / { proxy_pass ${siteUrl}; } } }`,
  );
  return askBy('nginx', ['-p', folder, '-e', 'stderr', '-c', file], port, 'X-Test-Client');
};

const behindCaddy: Front = async ({ folder, endpoint, siteUrl }) => {
  const port = await freePort();
  const file = path.join(folder, 'Caddyfile');
  const snippet = caddySnippet(endpoint, true).replace('uri ', 'trusted_proxies 127.0.0.1/32\n    uri ');
  const site = `http://127.0.0.1:${String(port)} {\n${snippet}\nreverse_proxy ${siteUrl.slice('http://'.length)}\n}`;
  writeFileSync(file, `{\n admin off\n auto_https off\n}\n${site}\n`);
  return askBy('caddy', ['run', '--adapter', 'caddyfile', '--config', file], port, 'X-Forwarded-For');
};

const behindTraefik: Front = async ({ folder, siteUrl }) => {
  const port = await freePort();
  const router = { rule: 'PathPrefix(`/`)', service: 'app', entryPoints: ['web'], middlewares: ['crowdsec'] };
  const services = { app: { loadBalancer: { servers: [{ url: siteUrl }] } } };
  writeFileSync(path.join(folder, 'output/app.yml'), JSON.stringify({ http: { routers: { app: router }, services } }));
  const flags = [
    '--global.checkNewVersion=false',
    '--global.sendAnonymousUsage=false',
    `--entryPoints.web.address=127.0.0.1:${String(port)}`,
    '--entryPoints.web.forwardedHeaders.trustedIPs=127.0.0.1/32',
    `--providers.file.directory=${folder}/output`,
  ];
  const ask = await askBy(traefik ?? '', flags, port, 'X-Forwarded-For');
  await until(
    'the router',
    async () => (await ask({ name: '', from: '203.0.113.7', path: '/', verdict: '' })).status === 403,
  );
  return ask;
};

const noNginx = await missingProgram('nginx', 'nginx-light');
const noReal = await realAppsecMissing();
const noCaddy = await missingProgram('caddy', 'caddy');

describe.each([
  { name: 'NGINX', missing: noNginx, front: behindNginx, hasBody: false, hasPages: false },
  { name: 'Caddy', missing: noCaddy, front: behindCaddy, hasBody: false, hasPages: true },
  { name: 'Traefik', missing: noTraefik, front: behindTraefik, hasBody: true, hasPages: true },
])('verdicts of forward-auth behind $name', ({ missing, front, hasBody, hasPages }) => {
  const reason = missing ?? 'ready';
  /** NGINX's auth_request takes no page: who owes a captcha is refused there, as `setup` says. */
  const here = (probes: readonly WebProbe[]): readonly WebProbe[] =>
    probes
      .filter(({ needsBody = false }) => hasBody || !needsBody)
      .map((probe) => (hasPages || probe.verdict !== 'captcha' ? probe : { ...probe, verdict: 'refused' }));

  it.skipIf(missing !== undefined)(`are those of the table (${reason})`, async () => {
    const ask = await front(await startOurs(await startWebStage(), 'passthrough'));
    const probes = here(webProbes);
    expect(await verdictsOf(probes, ask)).toEqual(expectedVerdicts(probes));
  });

  const notReal = missing ?? noReal;
  it.skipIf(notReal !== undefined)(`are the same with CrowdSec's own AppSec (${notReal ?? 'ready'})`, async () => {
    const ask = await front(await startOurs(await stageBefore(await realWebPartner()), 'passthrough'));
    expect(await verdictsOf(here(hubProbes), ask)).toEqual(expectedVerdicts(here(hubProbes)));
  });

  it.skipIf(missing !== undefined).each(['passthrough', 'deny'] as const)(
    `without a word of AppSec: %s (${reason})`,
    async (action) => {
      const stage = await startWebStage();
      const ask = await front(await startOurs(stage, action));
      const probes = here(unansweredProbes(action));
      for (const mood of unanswered) {
        stage.appsec.mood = mood;
        expect([mood, await verdictsOf(probes, ask)]).toEqual([mood, expectedVerdicts(probes)]);
      }
    },
  );
});
