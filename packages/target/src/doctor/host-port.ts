/** What an API URL says about the connection. */
export interface LapiAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export function lapiAddress(apiUrl: string): LapiAddress {
  const url = new URL(apiUrl);
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, tls };
}
