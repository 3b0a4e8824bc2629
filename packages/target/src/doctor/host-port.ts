/** Where a connection leads. */
export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What the URL of an API says about the connection. */
export interface ApiAddress extends HostPort {
  readonly tls: boolean;
}

/** The address in a URL of http or https. */
export function apiAddress(apiUrl: string): ApiAddress {
  const url = new URL(apiUrl);
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, tls };
}
