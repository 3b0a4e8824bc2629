import { afterAll, beforeAll, describe } from 'vitest';
import { haproxyMissing } from '../../apps/haproxy/test/debian-haproxy.ts';
import { nginxMissing } from '../../apps/nginx/test/debian-nginx.ts';
import { startEngine } from './engine/engine.ts';
import type { Engine } from './engine/engine.ts';
import { buildBundle, buildImage, connectors, makeBase, missingPrograms } from './images.ts';
import { anyConnector } from './suites/any-connector.ts';
import { certificates } from './suites/certificates.ts';
import { emulation } from './suites/emulation.ts';
import { everything } from './suites/everything.ts';
import { firewall } from './suites/firewall.ts';
import { mikrotik } from './suites/mikrotik.ts';
import { nginx } from './suites/nginx.ts';
import { pfsense } from './suites/pfsense.ts';
import { quickStarts } from './suites/quick-starts.ts';
import { several } from './suites/several.ts';
import { severalTargetsPage } from './suites/several-targets-page.ts';
import { traefik } from './suites/traefik.ts';

// One engine for all: it starts in two seconds, but each would need the base again.
let engine: Engine | undefined;
let reason: string | undefined;
try {
  engine = await startEngine();
} catch (error) {
  reason = error instanceof Error ? error.message : String(error);
}
const apps = await connectors();
const missing = await missingPrograms();
const withoutNginx = await nginxMissing();
const withoutHaproxy = await haproxyMissing();

beforeAll(async () => {
  for (const app of apps) await buildBundle(app);
});

describe.skipIf(reason !== undefined)(`images on a real engine (${reason ?? 'ready'})`, () => {
  const running = (): Engine => engine!;

  beforeAll(async () => {
    await makeBase(running());
    for (const app of apps) await buildImage(running(), app);
  });
  afterAll(() => engine?.[Symbol.asyncDispose]());

  for (const app of apps) anyConnector(app, running);
  firewall(running, missing);
  mikrotik(running);
  nginx(running, withoutNginx);
  pfsense(running);
  several(running, { nft: missing, haproxy: withoutHaproxy });
  traefik(running, withoutNginx);
  certificates(running);
  quickStarts(running, { nft: missing, nginx: withoutNginx, haproxy: withoutHaproxy });
  severalTargetsPage(running);
  everything(running, missing);
});

emulation();
