import { ConnectorProcess, StandInProvider, startLapi, until } from '@bouncer/sandbox';
import { onTestFinished } from 'vitest';
import { RealNginx } from './real-nginx.ts';
import type { Answer, Ask } from './real-nginx.ts';

/** Two who are asked for a captcha, and one who is banned. */
export const visitor = '45.83.64.1';
export const other = '45.83.64.2';
export const banned = '45.83.64.3';
export const page = /class="h-captcha" data-sitekey="site-key"/;

/** LAPI, connector, NGINX and provider, with two visitors who are asked for a captcha. */
export async function captchaNginx(more: Readonly<Record<string, string>> = {}) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  const provider = await new StandInProvider().start();
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const decide = (value: string, type: string) =>
    lapi.decisions.add({ value, type, duration: 3600, origin: 'cscli', scenario: 'test' });
  decide(visitor, 'captcha');
  decide(other, 'captcha');
  decide(banned, 'ban');
  decide('2a01:4f8::/64', 'captcha');
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '1s',
    CROWDSEC_DECISION_TYPES: 'ban,captcha',
    NGINX_OUTPUT_DIR: nginx.output,
    NGINX_CAPTCHA_PROVIDER: 'hcaptcha',
    NGINX_CAPTCHA_SITE_KEY: 'site-key',
    NGINX_CAPTCHA_SECRET: provider.secret,
    NGINX_CAPTCHA_VERIFY_URL: provider.url,
    HTTP_LISTEN: 'off',
    ...more,
  };
  const start = async () => {
    const connector = new ConnectorProcess({ app: 'nginx', env });
    onTestFinished(() => connector[Symbol.asyncDispose]());
    await until('it listens', () => connector.stdout.includes('captchas can be solved'));
    return connector;
  };
  const connector = await start();
  await until('the list is there', () => connector.stdout.includes('written to the device'));
  await nginx.configure({ workers: 2, http: `include ${nginx.output}/crowdsec.conf;` });
  await nginx.start();
  return { nginx, lapi, provider, connector, decide, start };
}

/** Sends the form of the page. */
export const send = (nginx: RealNginx, fields: Readonly<Record<string, string>>, more: Ask = {}): Promise<Answer> =>
  nginx.ask({
    from: visitor,
    path: '/crowdsec-captcha',
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    ...more,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...more.headers },
  });

export const solve = (nginx: RealNginx, more: Ask = {}, to = '/page.html') =>
  send(nginx, { 'h-captcha-response': 'solved', to }, more);

/** The pass that was given, as a browser sends it back. */
export const cookieOf = ({ headers }: Answer) => String(headers['set-cookie']).split(';')[0] ?? '';
