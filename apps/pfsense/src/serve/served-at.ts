import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { printHostPort } from '@bouncer/target';
import type { PfSenseValues } from '../config.ts';

/** Where a firewall finds the list that is served beside the other way; nothing where it is not, or nobody can tell. */
export function servedAt(
  values: Pick<
    PfSenseValues,
    'mode' | 'listen' | 'listenUrl' | 'listenUser' | 'listenPassword' | 'listenCertFile' | 'alias'
  >,
  firewall: string,
): { listUrl?: string; listLogin?: string } {
  const { mode, listen, listenUrl, listenUser, listenPassword, listenCertFile, alias } = values;
  if (listen === 'off' || mode !== 'ssh') return {};
  const base = listenUrl ?? guess(listen, firewall, listenCertFile !== undefined);
  if (base === undefined) return {};
  const login = listenPassword && {
    listLogin: `${encodeURIComponent(Buffer.from(listenUser).toString())}:<PFSENSE_LISTEN_PASSWORD>@`,
  };
  return { listUrl: `${base.replace(/\/+$/, '')}/${alias}.txt`, ...login };
}

function guess(listen: string, firewall: string, tls: boolean): string | undefined {
  const at = listen.lastIndexOf(':');
  const port = Number(listen.slice(at + 1));
  const given = listen.slice(0, at).replace(/^\[|\]$/g, '');
  const host = ['', '0.0.0.0', '::', '*'].includes(given) ? addressFor(firewall) : given;
  return host === undefined ? undefined : `${tls ? 'https' : 'http'}://${printHostPort({ host, port })}`;
}

/** An address of this machine in a network of the firewall's, else its first one. */
function addressFor(firewall: string): string | undefined {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const near = own.find(({ address, cidr, family }) => {
    if (cidr === null || isIP(firewall) !== (family === 'IPv6' ? 6 : 4)) return false;
    const network = new BlockList();
    network.addSubnet(address, Number(cidr.split('/')[1]), family === 'IPv6' ? 'ipv6' : 'ipv4');
    return network.check(firewall, family === 'IPv6' ? 'ipv6' : 'ipv4');
  });
  return (near ?? own.find(({ internal, family }) => !internal && family === 'IPv4'))?.address;
}
