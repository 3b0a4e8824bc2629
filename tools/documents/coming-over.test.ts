import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { caddySnippet, envoySnippet } from '../../apps/traefik/src/forward-auth/snippets.ts';
import { blocksOf } from '../../docker/test/blocks.ts';

const blocks = await blocksOf('docs/coming-over.md');
const url = 'http://crowdsec-traefik-bouncer:9461/v1/forward-auth';

// Both snippets are tried with the real programs by apps/traefik/test/proxies.test.ts, the variables of others by come-over.test.ts.
it('docs/coming-over.md prints what setup prints, which is what has been tried', () => {
  expect(blocks.map(({ heading }) => heading)).toEqual(['Caddy', 'Envoy']);
  const [caddy, envoy] = blocks;
  expect(caddy?.code.trim()).toBe(caddySnippet(url));
  const { http_filters: filters } = parse(envoySnippet(url)) as { http_filters: unknown };
  expect(parse(envoy?.code ?? '')).toEqual({ http_filters: filters });
});
