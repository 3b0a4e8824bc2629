import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { ConnectorProcess, startLapi, until } from '@bouncer/sandbox';
import { onTestFinished } from 'vitest';
import { RealNginx } from './real-nginx.ts';
import type { Answer, Ask } from './real-nginx.ts';

/** Two who are asked for a captcha, and one who is banned. */
export const visitor = '45.83.64.1';
export const other = '45.83.64.2';
export const banned = '45.83.64.3';
export const page = /class="h-captcha" data-sitekey="site-key"/;

/** A captcha provider's verify address, as all three have it; what it answers is up to the test. */
export class StandInProvider implements AsyncDisposable {
  /** The forms that it was sent. */
  readonly asked: Record<string, string>[] = [];
  /** `hang` never answers; anything else is sent as it is. */
  answer: 'normal' | 'hang' | { readonly status: number; readonly body: string } = 'normal';
  readonly secret = 'stand-in-secret';
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        const form = Object.fromEntries(new URLSearchParams(text));
        this.asked.push(form);
        if (this.answer === 'hang') return;
        if (this.answer !== 'normal') {
          response.writeHead(this.answer.status).end(this.answer.body);
          return;
        }
        const isKnown = form['secret'] === this.secret;
        const codes = isKnown ? ['invalid-input-response'] : ['invalid-input-secret'];
        const success = isKnown && form['response'] === 'solved';
        response.end(JSON.stringify(success ? { success } : { success, 'error-codes': codes }));
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/siteverify`;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Resolves once so many answers were brought to it. */
  untilAsked(times: number): Promise<number> {
    return until(`asked ${times} times`, () => this.asked.length >= times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.resolve();
  }
}

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
