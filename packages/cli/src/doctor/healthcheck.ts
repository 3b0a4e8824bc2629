import { request, type Answered } from '@bouncer/target/request';

// This file is loaded every minute by the image's HEALTHCHECK: an HTTP client and nothing else.

/** Shorter than the time that Docker gives it. */
const timeoutMs = 5000;
/** Longer than any answer of ours to /healthz; whoever sends more is somebody else. Characters. */
const maxAnswer = 65_536;

/** Where the server that listens on `listen` (`host:port`) is asked: an unspecified address means loopback. */
export function urlAt(listen: string, path: string): string {
  const split = listen.lastIndexOf(':');
  const host = listen.slice(0, split);
  const asked = host === '' || host === '0.0.0.0' ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return `http://${asked}:${listen.slice(split + 1)}${path}`;
}

/** What answers where the running instance should. */
export interface Health {
  /** True when an instance of our type is well. */
  readonly ok: boolean;
  /** True when it is one of our type, well or not. */
  readonly isOurs: boolean;
  /** For people, in one line. */
  readonly line: string;
}

/** Asks /healthz at `listen` and compares the type: what another program answers is not our health. Never rejects. */
export async function askHealth(listen: string, type: string): Promise<Health> {
  if (listen === 'off') return { ok: true, isOurs: true, line: 'not asked: HTTP_LISTEN is off' };
  const url = urlAt(listen, '/healthz');
  try {
    const { status, body } = await ask(url, maxAnswer);
    const said = typeIn(body);
    if (said === type) return { ok: status === 200, isOurs: true, line: `${url} answers ${status}` };
    const who = said === undefined ? 'another program' : `another connector (${said})`;
    const line = `${url} is answered by ${who}, not by ${type}: give each an HTTP_LISTEN of its own`;
    return { ok: false, isOurs: false, line };
  } catch (error) {
    return { ok: false, isOurs: false, line: `${url}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** One GET of the running instance. Rejects when it does not answer in time, or with more than `maxLength` characters. */
export function ask(url: string, maxLength: number, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  return request(url, { headers, timeoutMs, maxLength });
}

/** The type that a connector's answer names, as far as it can be one: it is printed. */
function typeIn(body: string): string | undefined {
  try {
    const { type } = JSON.parse(body) as { readonly type?: unknown };
    return typeof type === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(type) ? type : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The listen address when the environment alone tells it, so that nothing else has to be loaded; undefined when it does
 * not (a YAML file or default counts, or the value is wrong and has to be told so).
 */
export function quickListen(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (args.length !== 1 || args[0] !== 'healthcheck' || env['HTTP_LISTEN_FILE']) return undefined;
  const listen = env['HTTP_LISTEN']?.trim().toLowerCase() ?? '';
  return /^(off|(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]|localhost)?:\d{1,5})$/.test(listen) ? listen : undefined;
}
