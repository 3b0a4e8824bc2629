import { nginxMissing } from '../../apps/nginx/test/debian-nginx.ts';
import { RealNginx } from '../../apps/nginx/test/real-nginx.ts';
import { FileWrites } from './files.ts';
import { lookOfStatus } from './stage.ts';
import type { Stage, StageKind } from './stage.ts';

/** A real NGINX with the Lua module, behind a proxy on loopback that it trusts. */
export const nginx: StageKind = {
  missing: nginxMissing,
  async start(): Promise<Stage> {
    const server = new RealNginx();
    const files = new FileWrites(server.output);
    // crowdsec.conf is not there yet: a pattern may match nothing.
    await server.configure({ http: `include ${server.output}/crowdsec.con[f];` });
    await server.start();
    return {
      what: `a real NGINX with Lua on port ${server.port}`,
      target: { output_dir: server.output },
      filled: () => server.reload(),
      look: async (address) => lookOfStatus(await server.status(address), 'NGINX'),
      writes: () => files.count(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
