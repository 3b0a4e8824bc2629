import type { ForeignEnvironment } from '@bouncer/target';

type Environment = Readonly<Record<string, string | undefined>>;

/** What they have and we do not take by the same name; see the README. */
export const foreignVariables = [
  'CROWDSEC_AGENT_HOST',
  'CROWDSEC_BOUNCER_SCHEME',
  'CROWDSEC_BOUNCER_LOG_LEVEL',
  'CROWDSEC_BOUNCER_BAN_RESPONSE_MSG',
  'CROWDSEC_BOUNCER_SKIPRFC1918',
  'CROWDSEC_BOUNCER_CLOUDFLARE',
] as const;

/**
 * The environment of fbonalair/traefik-crowdsec-bouncer (v0.5.0) and of thespad's fork (v0.5.1), which ask LAPI at every request
 * of a forward-auth middleware. Known by CROWDSEC_AGENT_HOST, which both require and nobody else has. What has one equal is
 * an alias in config.ts.
 */
export function importEnvironment(env: Environment): ForeignEnvironment | undefined {
  const given = (name: string): string => env[name]?.trim() ?? '';
  const host = given('CROWDSEC_AGENT_HOST');
  if (host === '') return undefined;
  const values: Record<string, string> = {
    CROWDSEC_API_URL: `${given('CROWDSEC_BOUNCER_SCHEME') || 'http'}://${host}`,
    TRAEFIK_MODE: 'forwardauth',
    TRAEFIK_LISTEN: `0.0.0.0:${given('PORT') || '8080'}`,
  };
  const level = given('CROWDSEC_BOUNCER_LOG_LEVEL');
  if (level !== '') values['LOG_LEVEL'] = level;
  if (/^(?:false|0|f)$/i.test(given('CROWDSEC_BOUNCER_SKIPRFC1918'))) values['BLOCK_PRIVATE_NETWORKS'] = 'true';
  const notices = [
    'CROWDSEC_AGENT_HOST: the variables of traefik-crowdsec-bouncer count; /api/v1/forwardAuth is answered',
  ];
  if (/^(?:true|1|t)$/i.test(given('CROWDSEC_BOUNCER_CLOUDFLARE'))) {
    notices.push(
      'CROWDSEC_BOUNCER_CLOUDFLARE: any client can write that header; let Traefik trust the networks of Cloudflare instead (entryPoints.NAME.forwardedHeaders.trustedIPs)',
    );
  }
  if (given('CROWDSEC_BOUNCER_BAN_RESPONSE_MSG') !== '') {
    notices.push(
      'CROWDSEC_BOUNCER_BAN_RESPONSE_MSG: is not taken over; TRAEFIK_BAN_PAGE_FILE names a page of your own',
    );
  }
  return { values, notices };
}
