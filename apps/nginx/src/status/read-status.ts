import { request } from 'node:http';
import type { DropCounters } from '@bouncer/target';
import { TransientError } from '@bouncer/stream';

/** An answer is a few lines; whoever sends more is not our script. */
const longest = 64 * 1024;
const timeoutMs = 3000;

/** What NGINX tells of itself. */
export interface NginxStatus {
  readonly counters: readonly DropCounters[];
  /** Checksum of the list that the worker which answered holds; undefined when it holds none. */
  readonly list: string | undefined;
  /** Segments of the list that the worker which answered holds; undefined when it holds none yet. */
  readonly segments: number | undefined;
  /** IPv4 clients that were sampled. */
  readonly seen: { readonly private: number; readonly public: number };
}

/** Asks NGINX for its counters. Redirects are not followed. @throws TransientError, with what to do about it. */
export async function readStatus(url: string, signal: AbortSignal): Promise<NginxStatus> {
  return parseStatus(await fetchText(url, signal));
}

/** Reads the lines `NUMBER processed FAMILY` and `NUMBER dropped FAMILY ORIGIN`; anything else is passed over. @internal */
export function parseStatus(text: string): NginxStatus {
  const [first, ...lines] = text.split('\n');
  if (first !== 'crowdsec 1') {
    throw new TransientError('NGINX_STATUS_URL is answered, but not by crowdsec.conf', {
      hint: 'NGINX_STATUS_URL must name the address and port that crowdsec.conf listens on; reload NGINX after a change',
    });
  }
  const counters: DropCounters[] = [];
  let segments: number | undefined;
  let held: string | undefined;
  const seen = { private: 0, public: 0 };
  for (const line of lines) {
    const list = /^(\d{1,9}) segments$/.exec(line);
    if (list) segments = Number(list[1]);
    held ??= /^list ([0-9a-f]{8})$/.exec(line)?.[1];
    const sampled = /^(\d{1,15}) seen (private|public)$/.exec(line);
    if (sampled) seen[sampled[2] === 'private' ? 'private' : 'public'] = Number(sampled[1]);
    const match = /^(\d{1,15}) (?:(processed) ([46])|dropped ([46]) ([ -~]{1,100}))$/.exec(line);
    if (!match) continue;
    const [, number, processed, familyOfAll, familyOfDropped, origin] = match;
    const base = { packets: 0, bytes: 0, family: (familyOfAll ?? familyOfDropped) === '6' ? 6 : 4 } as const;
    if (processed !== undefined) counters.push({ ...base, processed: Number(number) });
    else if (origin !== undefined) counters.push({ ...base, origin, requests: Number(number) });
  }
  return { counters, list: held, segments, seen };
}

function fetchText(url: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      const hint = 'is crowdsec.conf included, NGINX reloaded since NGINX_STATUS_URL was set, and the port not taken?';
      reject(new TransientError(`NGINX_STATUS_URL: ${message}`, { hint }));
    };
    const call = request(url, { signal, timeout: timeoutMs, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > longest) call.destroy(new Error('the answer does not end'));
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else fail(`answered with status ${response.statusCode ?? '?'}`);
      });
      response.on('error', (error) => {
        fail(error.message);
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    call.on('error', (error) => {
      fail(error.message);
    });
    call.end();
  });
}
