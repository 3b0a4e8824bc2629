import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../product/until.ts';

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
