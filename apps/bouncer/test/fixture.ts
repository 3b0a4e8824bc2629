import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ConnectorProcess,
  freePort,
  startLapi,
  startRouterOs,
  type LapiSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';

/** A LAPI, a router, two folders and three ports: all that targets of four kinds need. */
export interface World extends AsyncDisposable {
  readonly lapi: LapiSandbox;
  readonly router: RouterOsSandbox;
  readonly folders: { readonly nginx: string; readonly traefik: string };
  readonly ports: { readonly traefik: number; readonly pfsense: number; readonly http: number };
  /** What each kind needs to know, as its own image takes it. */
  readonly settings: Readonly<Record<'mikrotik' | 'nginx' | 'traefik' | 'pfsense', Readonly<Record<string, string>>>>;
  /** The settings of all four, and TARGETS. */
  readonly all: Readonly<Record<string, string>>;
  /** What all of them need. */
  readonly core: Readonly<Record<string, string>>;
  start(
    env: Readonly<Record<string, string>>,
    file?: 'source' | 'bundle',
    app?: string,
    speed?: number,
  ): ConnectorProcess;
}

/** Starts the world; `decisions` as `startLapi` takes them. */
export async function startWorld(decisions: Parameters<typeof startLapi>[0] = {}): Promise<World> {
  const lapi = await startLapi(decisions);
  const router = await startRouterOs();
  const folder = mkdtempSync(path.join(tmpdir(), 'several-'));
  const folders = { nginx: path.join(folder, 'nginx'), traefik: path.join(folder, 'traefik') };
  const ports = { traefik: await freePort(), pfsense: await freePort(), http: await freePort() };
  const core = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    HTTP_LISTEN: `127.0.0.1:${ports.http}`,
  };
  const running: ConnectorProcess[] = [];
  const settings = {
    mikrotik: {
      MIKROTIK_HOST: `${router.host}:${router.port}`,
      MIKROTIK_USER: 'crowdsec',
      MIKROTIK_PASSWORD: 'secret',
      MIKROTIK_TLS: 'false',
    },
    nginx: { NGINX_OUTPUT_DIR: folders.nginx },
    traefik: {
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
      TRAEFIK_LISTEN: `127.0.0.1:${ports.traefik}`,
      TRAEFIK_OUTPUT_DIR: folders.traefik,
    },
    pfsense: { PFSENSE_MODE: 'serve', PFSENSE_LISTEN: `127.0.0.1:${ports.pfsense}` },
  };
  return {
    lapi,
    router,
    folders,
    ports,
    core,
    settings,
    all: {
      TARGETS: Object.keys(settings).join(','),
      ...settings.mikrotik,
      ...settings.nginx,
      ...settings.traefik,
      ...settings.pfsense,
    },
    start(env, file = 'source', app = 'bouncer', speed?) {
      const connector = new ConnectorProcess({ app, env: { ...core, ...env }, file, ...(speed && { speed }) });
      running.push(connector);
      return connector;
    },
    async [Symbol.asyncDispose]() {
      for (const connector of running) await connector[Symbol.asyncDispose]();
      await router[Symbol.asyncDispose]();
      await lapi[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
