import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createCertificateAuthority,
  freePort,
  startLapi,
  startPfSense,
  startRouterOs,
  type LapiSandbox,
  type PfSenseSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';

/** A LAPI behind a prefix, one with TLS, a router without and one with TLS, a pfSense, and a folder; all of it as it should be. */
export interface World extends AsyncDisposable {
  readonly lapi: LapiSandbox;
  readonly tlsLapi: LapiSandbox;
  readonly router: RouterOsSandbox;
  readonly tlsRouter: RouterOsSandbox;
  /** Started when it is first asked for: a real sshd. */
  pfsense(): Promise<PfSenseSandbox>;
  readonly folder: string;
  readonly caFile: string;
  /** Nobody listens there. */
  readonly deadPort: number;
  /** What each kind needs to be sound. */
  readonly sound: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const decision = { value: '45.83.64.1', duration: 36_000, origin: 'CAPI', scenario: 'crowdsecurity/ssh-bf' };

/** The rules that a router needs, for a list. */
export function block(router: RouterOsSandbox, list = 'crowdsec'): void {
  for (const family of [4, 6] as const) {
    router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': list });
  }
}

/** A command of the router's own, as `check` prints it, pasted. */
export function paste(router: RouterOsSandbox, line: string): void {
  const [, ip = '', table = '', rest = ''] = /^\/(ip|ipv6)\/firewall\/(raw|filter)\/add (.*)$/.exec(line) ?? [];
  const pairs = [...rest.matchAll(/([\w-]+)=("[^"]*"|\S+)/g)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll('"', ''),
  ]);
  const settings = Object.fromEntries(pairs) as Record<string, string>;
  const { chain = '', action = '', ...more } = settings;
  router.setRule({ family: ip === 'ip' ? 4 : 6, table: table === 'raw' ? 'raw' : 'filter', chain, action, ...more });
}

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-'));
  const ca = await createCertificateAuthority();
  const tls = await ca.server();
  const lapi = await startLapi({ prefix: '/lapi', decisions: [decision] });
  const tlsLapi = await startLapi({ tls: await ca.server({ names: ['localhost'] }), decisions: [decision] });
  const router = await startRouterOs();
  const tlsRouter = await startRouterOs({ tls });
  for (const each of [router, tlsRouter]) block(each);
  const caFile = path.join(folder, 'ca.pem');
  writeFileSync(caFile, ca.cert);
  writeFileSync(path.join(folder, 'router.pem'), tls.cert);
  mkdirSync(path.join(folder, 'out'));
  let pfsense: Promise<PfSenseSandbox> | undefined;
  const login = { MIKROTIK_USER: 'crowdsec', MIKROTIK_PASSWORD: 'secret' };
  return {
    ...{ lapi, tlsLapi, router, tlsRouter, folder, caFile },
    deadPort: await freePort(),
    pfsense: () => (pfsense ??= startPfSense()),
    sound: {
      mikrotik: { ...login, MIKROTIK_HOST: `${router.host}:${router.port}`, MIKROTIK_TLS: 'false' },
      nginx: { NGINX_OUTPUT_DIR: path.join(folder, 'out') },
      traefik: { TRAEFIK_OUTPUT_DIR: path.join(folder, 'out'), TRAEFIK_LISTEN: 'off' },
    },
    async [Symbol.asyncDispose]() {
      for (const part of [lapi, tlsLapi, router, tlsRouter]) await part.close();
      await (await pfsense)?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
