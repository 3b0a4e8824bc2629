import { messageOf, TransientError } from '@bouncer/stream';
import { request, type AppsecCounts, type DropCounters } from '@bouncer/target';

/** An answer is a few lines; whoever sends more is not our script. */
const maxLength = 64 * 1024;
const timeoutMs = 3000;

/** What NGINX tells of itself. */
export interface NginxStatus {
  readonly counters: readonly DropCounters[];
  /** Requests that AppSec was asked about. */
  readonly appsec: AppsecCounts;
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

/** AppSec's word on a known probe, asked by a worker of NGINX; or why it has none. @throws TransientError. */
export async function readAppsec(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string } | string> {
  const [first, status, ...body] = (await fetchText(`${url}/appsec`, signal)).split('\n');
  if (first !== 'appsec 1') return 'an older crowdsec.conf is in force';
  const rest = body.join('\n');
  return status === 'none' ? rest : { status: Number(status), body: rest };
}

/** Reads the lines `NUMBER processed FAMILY`, `NUMBER dropped FAMILY ORIGIN`, `NUMBER appsec WORD`; anything else is passed over. @internal */
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
  const appsec = { passed: 0, blocked: 0, failed: 0 };
  for (const line of lines) {
    const list = /^(\d{1,9}) segments$/.exec(line);
    if (list) segments = Number(list[1]);
    held ??= /^list ([0-9a-f]{8})$/.exec(line)?.[1];
    const sampled = /^(\d{1,15}) seen (private|public)$/.exec(line);
    if (sampled) seen[sampled[2] === 'private' ? 'private' : 'public'] = Number(sampled[1]);
    const asked = /^(\d{1,15}) appsec (passed|blocked|failed)$/.exec(line);
    if (asked) appsec[asked[2] as keyof typeof appsec] = Number(asked[1]);
    const match = /^(\d{1,15}) (?:(processed) ([46])|dropped ([46]) ([ -~]{1,100}))$/.exec(line);
    if (!match) continue;
    const [, number, processed, familyOfAll, familyOfDropped, origin] = match;
    const base = { packets: 0, bytes: 0, family: (familyOfAll ?? familyOfDropped) === '6' ? 6 : 4 } as const;
    if (processed !== undefined) counters.push({ ...base, processed: Number(number) });
    else if (origin !== undefined) counters.push({ ...base, origin, requests: Number(number) });
  }
  if (appsec.passed + appsec.blocked + appsec.failed > 0) counters.push({ packets: 0, bytes: 0, appsec });
  return { counters, appsec, list: held, segments, seen };
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const fail = (message: string): never => {
    const hint = 'is crowdsec.conf included, NGINX reloaded since NGINX_STATUS_URL was set, and the port not taken?';
    throw new TransientError(`NGINX_STATUS_URL: ${message}`, { hint });
  };
  const { status, body } = await request(url, { timeoutMs, maxLength, signal }).catch((error: unknown) =>
    fail(messageOf(error)),
  );
  return status === 200 ? body : fail(`answered with status ${status}`);
}
