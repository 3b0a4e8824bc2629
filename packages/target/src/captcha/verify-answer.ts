import { messageOf, systemCertificates, TransientError } from '@bouncer/stream';
import { request } from '../request.ts';

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

async function post(url: string, form: string, signal: AbortSignal): Promise<string> {
  const ca = (): string[] => (roots ??= systemCertificates());
  const { status, body } = await request(url, { form, ca, timeoutMs, maxLength, signal }).catch((error: unknown) => {
    throw failure(url, messageOf(error));
  });
  if (status !== 200) throw failure(url, `answered with status ${status}`);
  return body;
}

function failure(url: string, message: string): TransientError {
  const hint = 'the connector must reach it: DNS, a firewall, a proxy in between';
  return new TransientError(`captcha provider ${new URL(url).host}: ${message}`, { hint });
}
