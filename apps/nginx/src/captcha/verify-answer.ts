import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { hintOf, messageOf, systemCertificates, TransientError } from '@bouncer/stream';

/** An answer of a provider is a line of JSON. */
const maxLength = 64 * 1024;
const timeoutMs = 5000;

/** What the provider says of an answer. */
export interface Verdict {
  readonly success: boolean;
  /** Its error codes: `invalid-input-secret`, `timeout-or-duplicate` ... */
  readonly codes: readonly string[];
}

/** An answer to verify. */
export interface Answer {
  readonly secret: string;
  readonly response: string;
  /** Address of the visitor. */
  readonly remoteip?: string;
}

let roots: string[] | undefined;

/**
 * Asks the provider. Redirects are not followed, and anything but status 200 with `"success": true` is no success.
 * @throws TransientError when there is no such answer within 5 s.
 */
export async function verifyAnswer(url: string, answer: Answer, signal: AbortSignal): Promise<Verdict> {
  const text = await post(url, new URLSearchParams({ ...answer }).toString(), signal);
  const verdict = parse(text);
  if (verdict === undefined) throw failure(url, 'the answer is not that of a captcha provider');
  return verdict;
}

/** True when a verdict is about our secret and not about the visitor's answer. */
export function isAboutSecret({ codes }: Verdict): boolean {
  return codes.some((code) => code.includes('secret') || code === 'bad-request');
}

function parse(text: string): Verdict | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('success' in value)) return undefined;
    if (typeof value.success !== 'boolean') return undefined;
    const codes = 'error-codes' in value && Array.isArray(value['error-codes']) ? value['error-codes'] : [];
    return { success: value.success, codes: codes.filter((code): code is string => typeof code === 'string') };
  } catch {
    return undefined;
  }
}

function post(url: string, body: string, signal: AbortSignal): Promise<string> {
  const isHttps = url.startsWith('https:');
  const options = {
    method: 'POST',
    agent: false,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) },
    // For the whole of it, however slowly it drips.
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const isLate = error.name === 'AbortError' && !signal.aborted;
      reject(failure(url, isLate ? `no answer within ${timeoutMs / 1000} s` : messageOf(error)));
    };
    const call = isHttps
      ? requestHttps(url, { ...options, ca: (roots ??= systemCertificates()) })
      : requestHttp(url, options);
    call.on('error', fail).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > maxLength) call.destroy(new Error('the answer does not end'));
      });
      response.on('error', fail).on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else fail(new Error(`answered with status ${response.statusCode ?? '?'}`));
      });
    });
    call.end(body);
  });
}

function failure(url: string, message: string): TransientError {
  const hint = 'the connector must reach it: DNS, a firewall, a proxy in between';
  return new TransientError(`captcha provider ${new URL(url).host}: ${message}`, { hint });
}

/** For people. */
export function describeFailure(error: unknown): { error: string; hint: string } {
  return { error: messageOf(error), hint: hintOf(error) };
}
