import { request } from 'node:http';

/** Asks a server on loopback; its status, undefined when there was no answer. */
export function ask(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, headers, agent: false, timeout: 10_000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', () => {
      resolve(undefined);
    });
    call.on('timeout', () => call.destroy());
    call.end();
  });
}
