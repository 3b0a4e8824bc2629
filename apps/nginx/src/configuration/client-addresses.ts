import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { parseNetwork, type ProtectedSpace } from '@bouncer/stream';
import { allOf } from './configuration-tree.ts';
import type { ConfigurationTree } from './configuration-tree.ts';

/** Shorter prefixes than these are no proxy's: half of the internet would choose the address that is checked. */
const WIDEST = { 4: 8, 6: 16 } as const;

/** From whom NGINX takes the address of a client. */
export function clientAddresses({ directives }: ConfigurationTree, space: ProtectedSpace): CheckStep {
  const step = 'client addresses';
  const trusted = allOf(directives, /^set_real_ip_from$/).map(({ parameters: [from = ''] }) => from);
  const names = [...new Set(trusted)].join(', ');
  const wide = trusted.filter(isWide);
  if (wide.length > 0) {
    const fix = 'name the addresses of your proxies only: all others could choose the address that is checked';
    return failed(step, `set_real_ip_from trusts everybody: ${wide.join(', ')}`, fix);
  }
  const open = trusted.filter((text) => {
    const network = parseNetwork(text);
    return network !== undefined && !space.isClosed(network);
  });
  if (open.length > 0) {
    const seen = `taken from proxies that may be banned themselves, with all who come through them: ${open.join(', ')}`;
    return failed(step, seen, `ALLOWLIST=${open.join(',')}`);
  }
  if (trusted.length > 0) return passed(step, `taken from the proxies ${names}, which are never blocked`);
  const isHalf = allOf(directives, /^real_ip_header$/).length > 0;
  const seen = isHalf
    ? 'real_ip_header stands there without set_real_ip_from: it does nothing'
    : 'those of the connections';
  const fix =
    'behind a proxy, a CDN or Docker NGINX sees that in place of its clients, and blocks nobody: set_real_ip_from and real_ip_header';
  return warned(step, `${seen}; whether a proxy stands before NGINX cannot be seen here`, fix);
}

function isWide(text: string): boolean {
  const match = /^([0-9a-fA-F:.]+)\/(\d+)$/.exec(text);
  if (!match) return false;
  return Number(match[2]) < WIDEST[match[1]?.includes(':') === true ? 6 : 4];
}
