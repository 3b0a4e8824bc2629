import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensurePage } from '@bouncer/status-page/page-build';
import {
  ConnectorProcess,
  startLapi,
  startRouterOs,
  until,
  type DecisionInput,
  type LapiSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';
import { environment, list } from '../e2e/product.ts';

/** A running connector with its page. */
export interface Served extends AsyncDisposable {
  readonly lapi: LapiSandbox;
  readonly connector: ConnectorProcess;
  /** With a slash at the end. */
  readonly url: string;
}

export interface ServedRouter extends Served {
  readonly router: RouterOsSandbox;
}

/** The MikroTik connector between a LAPI and a router, in step. */
export async function serveMikrotik(
  decisions: readonly DecisionInput[],
  more: Readonly<Record<string, string>> = {},
): Promise<ServedRouter> {
  await ensurePage();
  const lapi = await startLapi({ decisions, prefix: '/lapi' });
  const router = await startRouterOs({ serviceTimeMs: 0 });
  for (const family of [4, 6] as const)
    router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': list });
  const env = environment(lapi, router, { CROWDSEC_UPDATE_FREQUENCY: '0.2s', HTTP_LISTEN: '127.0.0.1:0', ...more });
  const connector = new ConnectorProcess({ app: 'mikrotik', env });
  const url = await pageOf(connector);
  return {
    lapi,
    router,
    connector,
    url,
    async [Symbol.asyncDispose]() {
      await connector[Symbol.asyncDispose]();
      await router.close();
      await lapi.close();
    },
  };
}

/** The NGINX connector, which writes a file: 100,000 entries take it a second. */
export async function serveNginx(decisions: readonly DecisionInput[]): Promise<Served> {
  await ensurePage();
  const lapi = await startLapi({ decisions });
  const folder = await mkdtemp(path.join(tmpdir(), 'bouncer-page-'));
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '0.5s',
    NGINX_OUTPUT_DIR: folder,
    HTTP_LISTEN: '127.0.0.1:0',
  };
  const connector = new ConnectorProcess({ app: 'nginx', env });
  const url = await pageOf(connector);
  return {
    lapi,
    connector,
    url,
    async [Symbol.asyncDispose]() {
      await connector[Symbol.asyncDispose]();
      await lapi.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The address that the log tells, once the devices are in step. */
async function pageOf(connector: ConnectorProcess): Promise<string> {
  let url = '';
  await until('the connector ready', async () => {
    url = /"url":"(http:[^"]+)"/.exec(connector.stdout)?.[1] ?? '';
    if (url === '') return false;
    return (await fetch(`${url}readyz`)).ok;
  });
  return url;
}
