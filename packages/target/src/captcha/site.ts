const HOST = /^(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))(?::\d{1,5})?$/;

/** The host that a browser named, in lower case and without its port; undefined when it is none. */
export function hostOf(named: string): string | undefined {
  if (!HOST.test(named)) return undefined;
  return named.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
}

/** The site for which a captcha counts that is solved at a host: the domain where the host belongs to it, else the host alone. */
export function siteOf(host: string, domain: string | undefined): { readonly site: string; readonly domain?: string } {
  const isSister = domain !== undefined && (host === domain || host.endsWith(`.${domain}`));
  return isSister ? { site: `.${domain}`, domain } : { site: host };
}
