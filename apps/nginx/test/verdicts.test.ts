import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConnectorProcess, packagesMissing, realAppsecMissing, until } from '@bouncer/sandbox';
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
  type WebProbe,
  type WebStage,
} from '@bouncer/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const noReal = reason ?? (await realAppsecMissing());
const stock = process.env['LUA_CS_BOUNCER'];

type Action = 'passthrough' | 'deny';
type Front = (stage: WebStage, action: Action) => Promise<RealNginx>;

/** The title of its ban page, which the stock bouncer sends with status 200 where AppSec fails and that is to refuse. */
const STOCK_BAN_PAGE = '<title>CrowdSec Ban</title>';

async function ours({ env, siteUrl }: WebStage, action: Action): Promise<RealNginx> {
  const nginx = newNginx();
  const all = { ...env, CROWDSEC_APPSEC_FAILURE_ACTION: action, NGINX_OUTPUT_DIR: nginx.output };
  const connector = new ConnectorProcess({ app: 'nginx', env: all });
  onTestFinished(() => connector[Symbol.asyncDispose]());
  await until('the list is there', () => connector.stdout.includes('written to the device'));
  await until('captchas can be solved', () => connector.stdout.includes('captchas can be solved'));
  await nginx.configure({
    http: `include ${nginx.output}/crowdsec.conf; client_max_body_size 10m;`,
    server: `location / { proxy_pass ${siteUrl}; }`,
  });
  await nginx.start();
  return nginx;
}

/** CrowdSec's own Lua bouncer, set up as its README says; lua-resty-http and lua-resty-string lie in its lib/resty. */
async function theirs({ partner, provider, siteUrl }: WebStage, action: Action): Promise<RealNginx> {
  const nginx = newNginx();
  const settings = path.join(nginx.folder, 'bouncer.conf');
  const lines = {
    ENABLED: 'true',
    API_URL: partner.url,
    API_KEY: partner.key,
    BOUNCING_ON_TYPE: 'all',
    FALLBACK_REMEDIATION: 'ban',
    REQUEST_TIMEOUT: '3000',
    UPDATE_FREQUENCY: '1',
    CACHE_EXPIRATION: '1',
    MODE: 'stream',
    BAN_TEMPLATE_PATH: `${stock}/templates/ban.html`,
    CAPTCHA_PROVIDER: 'hcaptcha',
    SECRET_KEY: provider.secret,
    SITE_KEY: 'site-key',
    CAPTCHA_TEMPLATE_PATH: `${stock}/templates/captcha.html`,
    APPSEC_URL: partner.appsecUrl,
    APPSEC_FAILURE_ACTION: action,
    APPSEC_PROCESS_TIMEOUT: '300',
  };
  writeFileSync(
    settings,
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  await nginx.configure({
    http: `lua_package_path '${stock}/lib/?.lua;;';
  lua_shared_dict crowdsec_cache 50m;
  client_max_body_size 10m;
  init_by_lua_block { cs = require "crowdsec"; assert(cs.init("${settings}", "crowdsec-nginx-bouncer/v1.1.3")) }
  init_worker_by_lua_block { cs.SetupStream() }
  access_by_lua_block { cs.Allow(ngx.var.remote_addr) }`,
    server: `location / { proxy_pass ${siteUrl}; }`,
  });
  await nginx.start();
  await until('the list is there', async () => (await nginx.status('203.0.113.7')) === 403);
  return nginx;
}

function newNginx(): RealNginx {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  return nginx;
}

function verdicts(front: Front): void {
  const ask = (nginx: RealNginx) => async (probe: WebProbe) => {
    const answer = await nginx.ask({ path: '/page', ...probe });
    return answer.body.includes(STOCK_BAN_PAGE) ? { ...answer, status: 403 } : answer;
  };

  it('are those of the table', async () => {
    const nginx = await front(await startWebStage(), 'passthrough');
    expect(await verdictsOf(webProbes, ask(nginx))).toEqual(expectedVerdicts(webProbes));
  });

  it.skipIf(noReal !== undefined)(`are the same with CrowdSec's own AppSec (${noReal ?? 'ready'})`, async () => {
    const nginx = await front(await stageBefore(await realWebPartner()), 'passthrough');
    expect(await verdictsOf(hubProbes, ask(nginx))).toEqual(expectedVerdicts(hubProbes));
  });

  it.each(['passthrough', 'deny'] as const)('without a word of AppSec: %s', async (action) => {
    const stage = await startWebStage();
    const nginx = await front(stage, action);
    const probes = unansweredProbes(action);
    for (const mood of unanswered) {
      stage.appsec.mood = mood;
      expect([mood, await verdictsOf(probes, ask(nginx))]).toEqual([mood, expectedVerdicts(probes)]);
    }
  });
}

describe.skipIf(reason !== undefined)(`verdicts of NGINX in lua mode (${reason ?? 'ready'})`, () => {
  verdicts(ours);
});

const noStock =
  reason ??
  (stock === undefined
    ? 'LUA_CS_BOUNCER names no CrowdSec Lua bouncer'
    : existsSync(`${stock}/lib/resty/http.lua`)
      ? await packagesMissing({
          packages: ['lua-cjson'],
          files: ['/usr/share/doc/lua-cjson'],
        })
      : 'there is no lib/resty/http.lua in LUA_CS_BOUNCER');

describe.skipIf(noStock !== undefined)(`verdicts of CrowdSec's own Lua bouncer (${noStock ?? 'ready'})`, () => {
  verdicts(theirs);
});
