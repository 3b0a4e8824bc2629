import { ConnectorProcess, runConnectorCommand, type RouterOsSandbox } from '@bouncer/sandbox';

/** The list that the end-to-end tests use: the one of the user's document. */
export const list = 'crowdsec-blocked';

/** The environment of the user's docker command, for a LAPI and a router of the test. */
export function environment(
  lapi: { readonly url: string; readonly key: string },
  router: RouterOsSandbox,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    MIKROTIK_HOST: `${router.host}:${router.port}`,
    MIKROTIK_USER: 'crowdsec',
    MIKROTIK_PASSWORD: 'secret',
    MIKROTIK_TLS: 'false',
    MIKROTIK_BLACKLIST: list,
    CROWDSEC_UPDATE_FREQUENCY: '1s',
    HTTP_LISTEN: 'off',
    ...more,
  };
}

/** Starts `run`. */
export function start(env: Readonly<Record<string, string>>): ConnectorProcess {
  return new ConnectorProcess({ app: 'mikrotik', env });
}

/** Runs one command to its end. */
export function command(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ReturnType<typeof runConnectorCommand> {
  return runConnectorCommand({ app: 'mikrotik', args, env });
}

/** What the router holds in the list, in our own spelling (single IPv6 addresses without /128), sorted. */
export function held(router: RouterOsSandbox): string[] {
  return router
    .addressesOf(list)
    .map((address) => address.replace(/\/128$/, ''))
    .sort();
}
