import { expect, it } from 'vitest';
import type { NginxValues } from './config.ts';
import { setupText } from './setup.ts';

const text = (more: Partial<NginxValues>) =>
  setupText({
    mode: 'lua',
    outputDir: '/output',
    configDir: '/etc/nginx/crowdsec/',
    lapiUrl: 'https://c/lapi',
    stream: false,
    ...more,
  } as NginxValues);

it.each([
  ['lua', /^include \/etc\/nginx\/crowdsec\/crowdsec.conf;$/m, /^#.*Nginx Proxy Manager/m, /openresty/],
  ['geo', /^include \/etc\/nginx\/crowdsec\/crowdsec-geo.conf;$/m, /docker-entrypoint.d/, /nginx:alpine/],
  ['stock', /install -m 600 '\/output\/crowdsec-nginx-bouncer.conf'/, /crowdsec-nginx-extra.conf/, /restart nginx/],
] as const)('in %s mode says what to paste', (mode, ...wanted) => {
  for (const each of wanted) expect(text({ mode })).toMatch(each);
});

it('names the folder as each of the two sees it, and no secret', () => {
  expect(text({})).toContain('"crowdsec:/etc/nginx/crowdsec:ro"');
  expect(text({})).toContain('"crowdsec:/output"');
  expect(text({})).toContain('CROWDSEC_BOUNCER_API_KEY: <key>');
});
