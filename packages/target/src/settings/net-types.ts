import { isIP } from 'node:net';
import { lapiSocketPath, parseHttpProxy, parseNetwork } from '@bouncer/stream';
import type { HttpProxy, Network } from '@bouncer/stream';
import { listOf, shown, shownUnlessSecret } from './setting-type.ts';
import type { SettingType } from './setting-type.ts';

/** A host with or without a port. IPv6 without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port?: number;
}

/** An http or https address without credentials, query or fragment; the trailing slash is taken off. */
export function urlType(example: string): SettingType<string> {
  return {
    accepted: `an http or https address, such as ${example}`,
    schema: { type: 'string', format: 'uri' },
    parse(text) {
      const quoted = shownUnlessSecret(text);
      if (!URL.canParse(text)) return { problem: `${quoted} is not a complete address` };
      const url = new URL(text);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        return { problem: `${quoted} does not begin with http:// or https://` };
      }
      if (url.username !== '' || url.password !== '') return { problem: 'holds a user name or password' };
      if (url.search !== '' || url.hash !== '') return { problem: `${quoted} holds a ? or # part` };
      return { value: `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}` };
    },
    print: (value) => value,
  };
}

/** The same, or a unix socket. Value of a socket: `unix:///path`. */
export function urlOrSocketType(example: string): SettingType<string> {
  const url = urlType(example);
  return {
    accepted: `${url.accepted}, or a unix socket, such as unix:///run/crowdsec_lapi.sock`,
    schema: { type: 'string' },
    parse(text) {
      const path = lapiSocketPath(text);
      if (path !== undefined) return { value: `unix://${path}` };
      return /^(?:unix:|\/)/i.test(text)
        ? { problem: `${shownUnlessSecret(text)} is not the path of a socket` }
        : url.parse(text);
    },
    print: (value) => value,
  };
}

/** An http proxy, with or without user and password; these are never printed. */
export const proxyType: SettingType<HttpProxy> = {
  accepted: 'an http proxy, such as http://proxy.lan:3128 or http://USER:PASSWORD@proxy.lan:3128',
  schema: { type: 'string' },
  parse(text) {
    const value = parseHttpProxy(text);
    return value ? { value } : { problem: `${shownUnlessSecret(text)} is not an http proxy` };
  },
  print: ({ name, credentials }) => `http://${credentials === undefined ? '' : '***@'}${name}`,
  secretsIn(text) {
    const credentials = parseHttpProxy(text)?.credentials;
    const password = credentials?.replace(/^[^:]*:/, '') ?? '';
    // As it is written, too: with %40 and the like, or in a text that is no proxy's.
    const written = /:\/\/[^:@/]*:([^@/]*)@/.exec(text)?.[1] ?? '';
    return [password, written, credentials ?? ''].filter((secret) => secret !== '' && secret !== ':');
  },
};

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** True for an IP address (a zone is allowed) or a DNS name. */
function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const labels = text.replace(/\.$/, '').split('.');
  // A last label of digits only is a mistyped IPv4 address, never a name (WHATWG URL, "ends in a number").
  return text.length <= 253 && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** host, host:port, [v6]:port or a bare IPv6 address; undefined when it is none. */
export function parseHostPort(text: string): HostPort | undefined {
  if (isIP(text) !== 0) return { host: text };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined || !isHost(host) || (match[1] !== undefined && isIP(host) !== 6))
    return undefined;
  if (match[3] === undefined) return { host };
  const port = Number(match[3]);
  return port >= 1 && port <= 65535 ? { host, port } : undefined;
}

/** `host:port`, with brackets where IPv6 needs them. */
export function printHostPort({ host, port }: HostPort): string {
  if (port === undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const hostKind: SettingType<HostPort> = {
  accepted: 'a host name or address, with or without a port: 192.168.88.1, router.lan:8729, [fd00::1]:8729',
  schema: { type: 'string' },
  parse(text) {
    if (text.includes('@')) return { problem: 'holds a user name or password' };
    if (text.includes('://')) return { problem: `${shown(text)} is a URL: give the host alone` };
    const value = parseHostPort(text);
    return value ? { value } : { problem: `${shown(text)} is not a host` };
  },
  print: printHostPort,
};

/** One or more hosts. Value: in the order given. */
export const hostListType: SettingType<readonly HostPort[]> = listOf(
  hostKind,
  `${hostKind.accepted}; several by comma`,
);

/** One address or network, never a name: names change, and a list that protects must not. */
const networkKind: SettingType<Network> = {
  accepted: 'addresses and networks, such as 192.0.2.7, 198.51.100.0/24 or 2001:db8::/32',
  schema: { type: 'string' },
  parse(text) {
    const value = parseNetwork(text);
    return value === undefined ? { problem: `${shown(text)} is neither an address nor a network` } : { value };
  },
  print: (value) => value,
};

export const networkListType: SettingType<readonly Network[]> = listOf(networkKind, networkKind.accepted);

/** Where a server listens: `host:port`, `:port`, `[v6]:port`, or `off`. Value: `host:port`, or `off`. Port 0 picks one. */
export function listenType(canBeOff: boolean, example = '127.0.0.1:9460'): SettingType<string> {
  return {
    accepted: `an address and port, such as ${example}${canBeOff ? ', or off' : ''}`,
    schema: { type: 'string' },
    parse(text) {
      if (canBeOff && text.toLowerCase() === 'off') return { value: 'off' };
      const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
      const host = match?.[1] ?? (match?.[2] === '' ? '0.0.0.0' : match?.[2]);
      if (match === null || host === undefined || !isHost(host) || Number(match[3]) > 65535) {
        return { problem: `${shown(text)} is not an address and port` };
      }
      return { value: printHostPort({ host, port: Number(match[3]) }) };
    },
    print: (value) => value,
  };
}

/** SHA-256 of a certificate. Value: 64 lower-case hexadecimal digits, no colons. */
export const fingerprintType: SettingType<string> = {
  accepted: 'a SHA-256 fingerprint, 64 hexadecimal digits, colons optional',
  schema: { type: 'string' },
  parse(text) {
    const digits = text
      .replace(/^sha-?256[:=]?/i, '')
      .replaceAll(':', '')
      .toLowerCase();
    return /^[0-9a-f]{64}$/.test(digits)
      ? { value: digits }
      : { problem: `${shown(text)} is not a SHA-256 fingerprint` };
  },
  print: (value) => value,
};
