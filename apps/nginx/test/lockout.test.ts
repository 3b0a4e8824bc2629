import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lockoutSuite } from '@bouncer/sandbox';
import { decodeDecisions } from '../src/decisions/decode.ts';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';

lockoutSuite('nginx', await nginxMissing(), async () => {
  const nginx = new RealNginx();
  let isStarted = false;
  return {
    env: { NGINX_OUTPUT_DIR: nginx.output },
    blocked: async (addresses) => {
      if (!isStarted) {
        await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
        await nginx.start();
        isStarted = true;
      }
      // It looks at the file at most once a second.
      const [first = '127.0.0.1'] = addresses;
      await nginx.status(first);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const states = await Promise.all(addresses.map((address) => nginx.status(address)));
      return addresses.filter((_, index) => states[index] === 403);
    },
    count: () => Promise.resolve(decodeDecisions(readFileSync(path.join(nginx.output, 'decisions.bin')))?.length ?? 0),
    [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose](),
  };
});
