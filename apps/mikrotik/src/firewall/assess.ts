import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import type { Family } from '../address-list.ts';
import { Lists } from './lists.ts';
import type { RouterSettings } from '../router-settings.ts';
import type { Link } from '../routeros/link.ts';
import { name as printName } from '../routeros/script-text.ts';
import type { Scene } from './condition.ts';
import { findWan } from './interfaces.ts';
import { readInterfaces, readTables, rowsOf } from './read-firewall.ts';
import { ruleCommand } from './rule-command.ts';
import { judgeRules, knowsInterfaces } from './verdict.ts';
import { isManaged } from './wanted-rules.ts';
import type { Tables } from './walk.ts';

/**
 * Whether what is in the list is stopped: one step for the rules of each family that the router has, and one for each way
 * around them that the router shows. Reads only. Throws TransientError when the connection is lost.
 */
export async function assessFirewall(
  link: Link,
  settings: RouterSettings,
  present: readonly Family[],
  signal: AbortSignal,
): Promise<CheckStep[]> {
  const { wanInterfaceList, blockPrivateNetworks, families } = settings;
  const lists = new Lists(settings);
  const interfaces = await readInterfaces(link, signal);
  const around = { interfaces, wan: findWan(interfaces, wanInterfaceList), blockPrivateNetworks };
  const steps: CheckStep[] = [];
  for (const family of present) {
    const tables = await readTables(link, family, signal);
    for (const list of lists.filled(family)) {
      const step = await assessRules(tables, family, { ...around, list }, settings, link, signal);
      steps.push(lists.areSeveral ? { ...step, step: `${step.step} ${list}` } : step);
    }
  }
  if (!families.includes(4)) {
    const fix = 'set MIKROTIK_IPV4=true, unless something else blocks them';
    steps.push(warned('ipv4', 'MIKROTIK_IPV4=false: banned IPv4 addresses are not blocked here', fix));
  }
  if (!families.includes(6)) steps.push(await assessIpv6(link, signal));
  const switches = await rowsOf(link, '/interface/ethernet/switch/print', signal, 'name,l3-hw-offloading');
  if (switches?.some((row) => row.get('l3-hw-offloading') === 'true')) {
    const seen = 'the switch chip routes by itself (l3-hw-offloading): what it forwards is not seen by the firewall';
    steps.push(warned('offload', seen, '/interface/ethernet/switch/set [find] l3-hw-offloading=no'));
  }
  return steps;
}

async function assessRules(
  tables: Tables,
  family: Family,
  scene: Scene,
  settings: RouterSettings,
  link: Link,
  signal: AbortSignal,
): Promise<CheckStep> {
  const step = `rule ipv${String(family)}`;
  const { level, seen, uplinks } = judgeRules(tables, scene);
  if (level === 'ok') return passed(step, seen);
  if (family === 6 && (await ipv6IsOff(link, signal))) return passed(step, 'IPv6 is switched off on the router');
  const { wan } = scene;
  if (level === 'warn') {
    const [uplink] = uplinks;
    if (uplink === undefined) return warned(step, seen, commandFor(tables, family, scene));
    const member = `/interface/list/member/add list=${printName(wan.list)} interface=${printName(uplink)}`;
    return warned(step, seen, `if the Internet comes in by ${uplink}: ${member}`);
  }
  const made = [...tables.raw, ...tables.filter].some((rule) => isManaged(rule, [scene.list]));
  if (settings.manageRules && !made) {
    return warned(
      step,
      'none yet; the connector makes it with the first entries',
      'start the connector, then look again',
    );
  }
  return failed(step, seen, commandFor(tables, family, scene));
}

/** The command that makes a sound rule, before every rule that is there. */
function commandFor({ raw }: Tables, family: Family, scene: Scene): string {
  const first = raw.find(({ dynamic }) => !dynamic);
  const limited = scene.wan.certain.length > 0 || !knowsInterfaces(scene);
  const command = ruleCommand(family, scene.list, limited ? scene.wan.list : undefined);
  return first ? `${command} place-before=${first.id}` : command;
}

async function assessIpv6(link: Link, signal: AbortSignal): Promise<CheckStep> {
  if (await ipv6IsOff(link, signal)) return passed('ipv6', 'MIKROTIK_IPV6=false, and the router has no IPv6');
  const addresses = await rowsOf(link, '/ipv6/address/print', signal, 'address,disabled');
  const global = addresses
    ?.filter((row) => row.get('disabled') !== 'true')
    .map((row) => row.get('address') ?? '')
    .find((address) => !/^(fe[89ab]|::1\/)/i.test(address));
  if (addresses && global === undefined) {
    return passed('ipv6', 'MIKROTIK_IPV6=false, and the router has no IPv6 address beyond the link');
  }
  const seen = `the router has IPv6${global === undefined ? '' : ` (${global})`}, and MIKROTIK_IPV6=false: banned IPv6 addresses get through`;
  return warned('ipv6', seen, 'set MIKROTIK_IPV6=true, or /ipv6/settings/set disable-ipv6=yes');
}

/** True when the router has no IPv6 package, or it is switched off. */
async function ipv6IsOff(link: Link, signal: AbortSignal): Promise<boolean> {
  const settings = await rowsOf(link, '/ipv6/settings/print', signal);
  return !settings || settings.some((row) => row.get('disable-ipv6') === 'true');
}
