import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

const known = ['mikrotik', 'nginx', 'traefik'];
const page = { host: '127.0.0.1', port: 9460 };

describe('the options of the demo', () => {
  it.each([
    [[], { stay: false, realLapi: false, kinds: known, page }],
    [['--stay', '--real-lapi'], { stay: true, realLapi: true, kinds: known, page }],
    [['--only', 'traefik,mikrotik'], { stay: false, realLapi: false, kinds: ['mikrotik', 'traefik'], page }],
    [['--only=nginx', '--stay'], { stay: true, realLapi: false, kinds: ['nginx'], page }],
  ])('%j is taken', (args, options) => {
    expect(parseOptions(args, known)).toEqual(options);
  });

  it.each([
    [['--fast'], 'unknown option --fast; accepted: --stay, --real-lapi, --only KIND[,KIND]'],
    [['--stay=yes'], 'unknown option --stay=yes; accepted: --stay, --real-lapi, --only KIND[,KIND]'],
    [['nginx'], 'unknown option nginx; accepted: --stay, --real-lapi, --only KIND[,KIND]'],
    [['--only', 'nginx,apache'], '--only: unknown kind apache; accepted: mikrotik, nginx, traefik'],
    [['--only'], '--only needs a kind; accepted: mikrotik, nginx, traefik'],
  ])('%j is named', (args, problem) => {
    expect(parseOptions(args, known)).toBe(problem);
  });

  it('takes the place of the page from HTTP_LISTEN', () => {
    expect(parseOptions([], known, ':9470')).toMatchObject({ page: { host: '127.0.0.1', port: 9470 } });
    expect(parseOptions([], known, 'off')).toMatch(/^HTTP_LISTEN is "off"; accepted: host:port/);
  });
});
