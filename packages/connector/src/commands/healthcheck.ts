import { get } from 'node:http';

// This file is loaded every minute by the image's HEALTHCHECK: node:http and nothing else.

/** Shorter than the time that Docker gives it. */
const timeoutMs = 5000;

/** Where the server that listens on `listen` (`host:port`) is asked: an unspecified address means loopback. */
export function healthUrl(listen: string): string {
  const split = listen.lastIndexOf(':');
  const host = listen.slice(0, split);
  const asked = host === '' || host === '0.0.0.0' ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return `http://${asked}:${listen.slice(split + 1)}/healthz`;
}

/** Asks the running instance's /healthz. Never rejects. */
export function askHealth(listen: string): Promise<{ readonly ok: boolean; readonly line: string }> {
  if (listen === 'off') return Promise.resolve({ ok: true, line: 'not asked: HTTP_LISTEN is off' });
  const url = healthUrl(listen);
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve({ ok: status === 200, line: `${url} answers ${status}` });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', (error) => {
      resolve({ ok: false, line: `${url}: ${error.message}` });
    });
  });
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
