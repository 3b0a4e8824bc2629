/**
 * The most entries for rules of Traefik's own: it goes through them one by one for every request, and loads all of them
 * anew at every change. An allow list of all other addresses grows by 20 networks and more for each entry.
 */
const nativeLimits = { rules: 500, allowList: 100 } as const;

/** The limit for what the settings ask for: rules see the address of the peer only, so a CDN needs the allow list. */
export function nativeLimit({ trustedProxies }: { readonly trustedProxies: readonly string[] }): number {
  return trustedProxies.length > 0 ? nativeLimits.allowList : nativeLimits.rules;
}
