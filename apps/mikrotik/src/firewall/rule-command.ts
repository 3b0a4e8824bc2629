import type { Family } from '../address-list.ts';
import { name } from '../routeros/script-text.ts';

/** The command that makes the drop rule of a family, limited to an interface list when one is given. */
export function ruleCommand(family: Family, list: string, wanInterfaceList: string | undefined): string {
  const menu = family === 4 ? '/ip/firewall/raw' : '/ipv6/firewall/raw';
  const where = wanInterfaceList === undefined ? '' : ` in-interface-list=${name(wanInterfaceList)}`;
  return `${menu}/add chain=prerouting action=drop${where} src-address-list=${name(list)} comment="CrowdSec"`;
}
