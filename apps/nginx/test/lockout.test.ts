import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { lockoutSuite } from '@bouncer/testkit';
import { decodeDecisions } from '../src/decisions/decode.ts';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';

lockoutSuite('nginx', await nginxMissing(), () => {
  const nginx = new RealNginx();
  const file = path.join(nginx.output, 'decisions.bin');
  let seen = 0;
  /** A worker looks at the file once a second; a new one at once. */
  async function follow(): Promise<void> {
    const { ino } = statSync(file);
    if (ino === seen) return;
    if (seen === 0) {
      await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
      await nginx.start();
    } else await nginx.reload();
    seen = ino;
  }
  return Promise.resolve({
    isRemote: false,
    env: { NGINX_OUTPUT_DIR: nginx.output },
    blocked: async (addresses) => {
      await follow();
      const states = await Promise.all(addresses.map((address) => nginx.status(address)));
      return addresses.filter((_, index) => states[index] === 403);
    },
    odd: () => {
      const problem = nginx.test();
      const complaints = nginx.errors.split('\n').filter((line) => /\[(?:error|alert|crit|emerg)\]/.test(line));
      return Promise.resolve([...(problem === undefined ? [] : [problem]), ...complaints]);
    },
    count: () => Promise.resolve([...(decodeDecisions(readFileSync(file)) ?? [])].length),
    [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose](),
  });
});
