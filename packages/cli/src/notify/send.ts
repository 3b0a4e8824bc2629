import { readFileSync } from 'node:fs';
import { explainNetworkError, systemCertificates } from '@bouncer/stream';
import { apiAddress, request, type CoreValues } from '@bouncer/target';
import type { Notice } from './notice.ts';
import { messageFor, webhookOf } from './message.ts';

/** How a message goes out; replaced in tests. */
export type Send = (notice: Notice, signal: AbortSignal) => Promise<void>;

const timeoutMs = 15_000;
const maxAnswer = 1_000_000;

/** Where the webhook is, without what lets one in. */
export function placeOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/**
 * Sends to the webhook of these settings. Rejects, in words that hold no secret, when it was not taken; after a refusal the
 * files of the secrets are read again, for the next try.
 */
export function createSend(values: CoreValues): Send {
  return async (notice, signal) => {
    const webhook = webhookOf(values);
    if (!webhook) return;
    const { url, headers, body } = messageFor(notice, webhook);
    const place = placeOf(url);
    let status: number;
    try {
      const options = { headers, json: JSON.stringify(body), timeoutMs, maxLength: maxAnswer, signal };
      ({ status } = await request(url, { ...options, ca: () => trusted(values) }));
    } catch (error) {
      signal.throwIfAborted();
      const { host, port } = apiAddress(url);
      throw new Error(explainNetworkError(error, { name: `${host} port ${port}`, hints: {} }).message, {
        cause: error,
      });
    }
    // Apprise says 204 when nothing is configured under that key: nobody was told.
    if (status >= 200 && status < 300 && !(status === 204 && webhook.format === 'apprise')) return;
    if (status === 401 || status === 403) {
      values.notifyUrl?.refresh();
      values.notifyToken?.refresh();
    }
    throw new Error(`${place} (${webhook.format}) answered ${status}${meaning(status)}`);
  };
}

function trusted({ lapiCaFile }: CoreValues): string[] {
  return [...systemCertificates(), ...(lapiCaFile === undefined ? [] : [readFileSync(lapiCaFile, 'utf8')])];
}

function meaning(status: number): string {
  if (status === 204) return ': it knows nobody to tell under the key in NOTIFY_URL';
  if (status === 424) return ': one of those whom it tells could not be reached';
  if (status === 401 || status === 403) return ': NOTIFY_TOKEN is missing, wrong or not allowed to write there';
  if (status === 404) return ': the path in NOTIFY_URL is wrong';
  if (status === 429) return ': it is told too much, by us or by others';
  if (status >= 300 && status < 400) return ', a redirect, which is not followed: give the address that it leads to';
  if (status >= 400 && status < 500) return ': NOTIFY_FORMAT does not fit, or the path in NOTIFY_URL is wrong';
  return '';
}
