// usage: node tools/bench/nginx-appsec.ts     (needs Debian's nginx-light, libnginx-mod-http-lua, wrk)
// Prints what asking AppSec costs a worker of NGINX, in CPU for each request, beside a bare round trip by a cosocket to the
// same place, and beside the list alone. Asserts nothing.
import { systemClock } from '@bouncer/stream';
import { Secret, silentLogger } from '@bouncer/target';
import { decisionMix } from '@bouncer/sandbox';
import { AppsecAddress } from '../../apps/nginx/src/appsec/appsec-address.ts';
import { nginxMissing } from '../../apps/nginx/test/debian-nginx.ts';
import { ban, hold, luaTarget } from '../../apps/nginx/test/fixture.ts';
import { RealNginx } from '../../apps/nginx/test/real-nginx.ts';
import { cleanIpv4, costOf } from './worker-cpu.ts';

const missing = await nginxMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
/** What a round trip costs that does nothing else: connect or reuse, send, read a line, keep. */
const bareRoundTrip = (port: string): string => `access_by_lua_block {
  local socket = ngx.socket.tcp()
  socket:settimeouts(500, 500, 500)
  socket:connect("127.0.0.1", ${port})
  socket:send("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
  local length = 0
  repeat
    local line = socket:receive("*l")
    length = tonumber(string.match(line or "", "^Content%-Length: (%d+)")) or length
  until not line or line == ""
  socket:receive(length)
  socket:setkeepalive(60000, 64)
}`;

async function appsec(): Promise<void> {
  await using nginx = new RealNginx();
  // Another NGINX in place of AppSec: it says yes to all, and costs the machine little.
  await using partner = new RealNginx();
  await partner.configure({
    server: `keepalive_requests 10000000; location / { default_type text/plain; return 200 '{"action":"allow","http_status":200}'; }`,
  });
  await partner.start();
  const port = String(partner.port);
  const address = new AppsecAddress({ url: `http://127.0.0.1:${port}`, clock: systemClock, log: silentLogger });
  await address.look();
  const options = { timeout: 2, bodyLimit: 262_144, denies: false, key: new Secret('k'.repeat(43)), address };
  await hold(luaTarget(nginx.output, { appsec: options }), [
    ...new Map(decisionMix({ capi: 50_000, lists: 0 }).map(({ value }) => [value, ban(value)])).values(),
  ]);
  await nginx.configure({
    http: `include ${nginx.output}/crowdsec-some.conf;`,
    server: `
      keepalive_requests 10000000;
      location = /base { empty_gif; }
      location = /bare { ${bareRoundTrip(port)} empty_gif; }
      location = /list { include ${nginx.output}/crowdsec-server.conf; set $crowdsec_disable_appsec 1; empty_gif; }
      location = /appsec { include ${nginx.output}/crowdsec-server.conf; empty_gif; }`,
  });
  await nginx.start();
  const pages = ['/base', '/bare', '/list', '/appsec'];
  const best = new Map<string, number>();
  for (let round = 0; round < 4; round += 1) {
    for (const page of pages) {
      best.set(page, Math.min(best.get(page) ?? Infinity, await costOf(nginx, page, cleanIpv4())));
    }
  }
  const over = (page: string): number => (best.get(page) ?? 0) - (best.get('/base') ?? 0);
  console.log('appsec: us of worker CPU over /base (best of 4 rounds):');
  for (const page of pages.slice(1)) console.log(`  ${page.padEnd(10)} ${over(page).toFixed(1)}`);
  console.log(`  AppSec takes ${(over('/appsec') / over('/bare')).toFixed(2)} times a bare round trip`);
}

await appsec();
