import type { FaultCase } from './fault-case.ts';
import type { World } from './world.ts';

const originOf = ({ lapi }: World): string => new URL(lapi.url).origin;
const tlsUrl = ({ tlsLapi }: World): string => tlsLapi.url.replace('127.0.0.1', 'localhost');
const trusted = (world: World) => ({
  CROWDSEC_API_URL: tlsUrl(world),
  CROWDSEC_BOUNCER_API_KEY: world.tlsLapi.key,
  CROWDSEC_CA_FILE: world.caFile,
});

/** What may be wrong on the way to LAPI, and with what it has. */
export const lapiFaults: readonly FaultCase[] = [
  {
    name: 'the prefix is missing; scheme and port are kept in what is proposed',
    wrong: (world) => ({ CROWDSEC_API_URL: originOf(world) }),
    step: 'path',
    cause: /404 not found/,
    fix: /it is often \/lapi: (http:\/\/127\.0\.0\.1:\d+\/lapi)$/,
    follow: (url) => ({ CROWDSEC_API_URL: url }),
  },
  ...['/v1', '/v1/decisions'].map((end): FaultCase => ({
    name: `the address ends in ${end}`,
    wrong: ({ lapi }) => ({ CROWDSEC_API_URL: `${lapi.url}${end}` }),
    step: 'path',
    cause: /404 not found/,
    fix: /take it off the end: CROWDSEC_API_URL=(\S+)$/,
    follow: (url) => ({ CROWDSEC_API_URL: url }),
  })),
  {
    name: 'the key is wrong',
    wrong: () => ({ CROWDSEC_BOUNCER_API_KEY: 'not-the-key' }),
    step: 'api-key',
    cause: /LAPI answers 403: the key is wrong or was revoked/,
    fix: /make a new one with `sudo cscli bouncers add (\S+)` and put it into CROWDSEC_BOUNCER_API_KEY/,
    follow: (name, { lapi }) => {
      lapi.bouncers.add(name, 'fresh-from-cscli');
      return { CROWDSEC_BOUNCER_API_KEY: 'fresh-from-cscli' };
    },
  },
  {
    name: 'LAPI does not listen',
    wrong: async ({ lapi }) => {
      await lapi.down();
      return {};
    },
    step: 'tcp',
    cause: /connection refused/,
    fix: /check that LAPI listens there/,
    follow: async (_, { lapi }) => {
      await lapi.up();
      return {};
    },
  },
  {
    name: 'the CA of LAPI is not trusted',
    wrong: (world) => ({ ...trusted(world), CROWDSEC_CA_FILE: '' }),
    step: 'tls',
    cause: /failed to verify certificate/,
    fix: /the missing CA is "Sandbox CA": mount the root CA and name it in (CROWDSEC_CA_FILE)/,
    follow: (variable, { caFile }) => ({ [variable]: caFile }),
  },
  {
    name: 'the certificate of LAPI is for another name',
    wrong: (world) => ({ ...trusted(world), CROWDSEC_API_URL: world.tlsLapi.url }),
    step: 'tls',
    cause: /it is for DNS:localhost/,
    fix: /use a name that the certificate holds in (CROWDSEC_API_URL)/,
    follow: (variable, world) => ({ [variable]: tlsUrl(world) }),
  },
  {
    name: 'https where LAPI speaks http',
    wrong: ({ lapi }) => ({ CROWDSEC_API_URL: lapi.url.replace('http:', 'https:') }),
    step: 'tls',
    cause: /no TLS connection: what answers there speaks no TLS/,
    fix: /use (http:)\/\/ in CROWDSEC_API_URL/,
    follow: (scheme, { lapi }) => ({ CROWDSEC_API_URL: lapi.url.replace('http:', scheme) }),
  },
  {
    name: 'http where LAPI speaks TLS',
    wrong: (world) => ({ ...trusted(world), CROWDSEC_API_URL: tlsUrl(world).replace('https:', 'http:') }),
    step: 'path',
    cause: /400 bad request|no answer from/,
    fix: /use (https:)\/\/ in CROWDSEC_API_URL/,
    follow: (scheme, world) => ({ CROWDSEC_API_URL: tlsUrl(world).replace('https:', scheme) }),
  },
  {
    name: 'LAPI has moved',
    wrong: (world) => {
      const headers = { location: `${world.lapi.url}/v1/decisions` };
      world.lapi.faults.always({ kind: 'answer', status: 301, headers, on: ['decisions'] });
      return {};
    },
    step: 'path',
    cause: /redirects to http:\S+ \(301\), which is not followed/,
    fix: /put the address that it redirects to into (CROWDSEC_API_URL), without \/v1\/decisions/,
    follow: (variable, { lapi }) => {
      lapi.faults.clear();
      return { [variable]: lapi.url };
    },
  },
  {
    name: 'CrowdSec is away behind its proxy',
    wrong: ({ lapi }) => {
      lapi.faults.always({ kind: 'answer', status: 502, body: 'Bad Gateway', on: ['decisions'] });
      return {};
    },
    step: 'path',
    cause: /answers 502/,
    fix: /check that CrowdSec runs behind the proxy/,
    follow: (_, { lapi }) => {
      lapi.faults.clear();
      return {};
    },
  },
  {
    name: 'the proxy is not there',
    wrong: ({ deadPort }) => ({ CROWDSEC_PROXY: `http://127.0.0.1:${deadPort}` }),
    step: 'tcp',
    cause: /connection refused/,
    fix: /(CROWDSEC_PROXY)/,
    follow: (variable) => ({ [variable]: '' }),
  },
  ...[
    ['CROWDSEC_DECISION_TYPES', 'captcha', 'ban'],
    ['CROWDSEC_ORIGINS', 'cscli', 'CAPI'],
    ['CROWDSEC_SCENARIOS_CONTAINING', 'http', 'ssh'],
    ['CROWDSEC_SCENARIOS_NOT_CONTAINING', 'ssh', 'http'],
    ['ALLOWLIST', '45.83.64.0/24', '45.83.65.0/24'],
  ].map(([variable = '', wrong = '', right = '']): FaultCase => ({
    name: `${variable} lets nothing through`,
    wrong: () => ({ [variable]: wrong }),
    step: 'pull',
    cause: /none of 1 decision passes the filters: origins seen: CAPI 1; types seen: ban 1/,
    fix: new RegExp(`see what excludes them: (${variable})`),
    follow: (blamed) => ({ [blamed]: right }),
  })),
];
