import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StandInProvider, startAppsec, startLapi, startRealLapi } from '@bouncer/sandbox';
import { onTestFinished } from 'vitest';

/** Clients by what CrowdSec has decided about them. */
export const clients = {
  clean: '198.51.100.1',
  banned: '203.0.113.7',
  inRange: '203.0.113.77',
  banned6: '2001:db8:7::9',
  suspect: '203.0.113.50',
} as const;

const decisions = [
  { value: clients.banned, type: 'ban' },
  { value: '203.0.113.64/26', type: 'ban' },
  { value: '2001:db8:7::/48', type: 'ban' },
  { value: clients.suspect, type: 'captcha' },
] as const;

/** CrowdSec behind a web server: what answers as LAPI and AppSec, with the decisions about `clients`. */
export interface WebPartner {
  readonly url: string;
  readonly key: string;
  readonly appsecUrl: string;
}

async function standIns() {
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  for (const decision of decisions)
    lapi.decisions.add({ ...decision, duration: 3600, origin: 'cscli', scenario: 'test/scenario' });
  const appsec = await startAppsec({ key: lapi.key });
  onTestFinished(() => appsec[Symbol.asyncDispose]());
  return { partner: { url: lapi.url, key: lapi.key, appsecUrl: appsec.url }, appsec };
}

/** A real CrowdSec with AppSec and the rules of the hub: CROWDSEC_ROOT and CROWDSEC_HUB. */
export async function realWebPartner(): Promise<WebPartner> {
  const real = await startRealLapi({ appsec: true });
  onTestFinished(() => real.stop());
  for (const { value, type } of decisions) await real.ban(value, 3600, type);
  return { url: real.url, key: await real.addBouncer('web'), appsecUrl: real.appsecUrl };
}

/** The stage with stand-ins, whose AppSec can be made to fail. */
export async function startWebStage() {
  const { partner, appsec } = await standIns();
  return { ...(await stageBefore(partner)), appsec };
}

/** What a web server stands between: CrowdSec and a captcha provider behind it, a site in front. */
export async function stageBefore(partner: WebPartner) {
  const provider = await new StandInProvider().start();
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const site = createServer((request, response) => {
    let length = 0;
    request.on('data', (part: Buffer) => (length += part.length));
    request.on('end', () => response.end(`the site got ${request.method ?? ''} with ${String(length)} bytes`));
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  onTestFinished(() => {
    site.close();
    site.closeAllConnections();
  });
  const siteUrl = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
  /** For a connector of ours: bans and captchas, AppSec, and no answer of AppSec is waited for long. */
  const env = {
    CROWDSEC_API_URL: partner.url,
    CROWDSEC_BOUNCER_API_KEY: partner.key,
    CROWDSEC_UPDATE_FREQUENCY: '1s',
    CROWDSEC_DECISION_TYPES: 'ban,captcha',
    CROWDSEC_APPSEC_URL: partner.appsecUrl,
    CROWDSEC_APPSEC_TIMEOUT: '300ms',
    CAPTCHA_PROVIDER: 'hcaptcha',
    CAPTCHA_SITE_KEY: 'site-key',
    CAPTCHA_SECRET_KEY: provider.secret,
    CAPTCHA_VERIFY_URL: provider.url,
    HTTP_LISTEN: 'off',
  };
  return { partner, provider, siteUrl, env };
}

export type WebStage = Awaited<ReturnType<typeof stageBefore>>;
