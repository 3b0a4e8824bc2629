import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockoutSuite } from '@bouncer/testkit';
import { places } from '@bouncer/sandbox';

/** Forward-auth: what Traefik asks for each request, asked as Traefik asks it. */
lockoutSuite('traefik', undefined, async (bubble) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockout-'));
  const [verdicts, numbers] = [await bubble.reach(9461), await bubble.reach(9460)];
  return {
    outlives: false,
    env: {
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_OUTPUT_DIR: folder,
      TRAEFIK_LISTEN: '127.0.0.1:9461',
      // Traefik itself, and a proxy before it: the device of the suite.
      TRAEFIK_TRUSTED_PROXIES: `127.0.0.1, ${places.device}`,
      HTTP_LISTEN: '127.0.0.1:9460',
    },
    blocked: async (addresses) => {
      const answers = await Promise.all(addresses.map((address) => ask(verdicts, '/v1/forward-auth', address)));
      return addresses.filter((_, index) => answers[index]?.status === 403);
    },
    count: async () => {
      const { body } = await ask(numbers, '/status.json');
      const { targets } = JSON.parse(body) as { targets: readonly { held: number }[] };
      return targets[0]?.held ?? 0;
    },
    [Symbol.asyncDispose]: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
});

function ask(socketPath: string, url: string, from?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const headers = from === undefined ? {} : { 'x-forwarded-for': from };
    const call = request({ socketPath, path: url, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    // Nobody listens yet.
    call.on('error', () => {
      resolve({ status: 0, body: '' });
    });
    call.end();
  });
}
