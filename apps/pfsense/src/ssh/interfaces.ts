/** An interface of config.xml. */
export interface Uplink {
  /** `wan`, `opt1`. */
  readonly key: string;
  /** What people call it. */
  readonly name: string;
  /** Its own name in pf, and those of the groups that it belongs to. */
  readonly names: readonly string[];
}

/** The interfaces that lead to the internet: `wan`, and those with a gateway or an address from a provider. Source: config.xml. */
export function uplinks(text: string): Uplink[] {
  const groups = [...text.matchAll(/<ifgroupentry>([\s\S]*?)<\/ifgroupentry>/g)].map(([, group = '']) => ({
    name: element(group, 'ifname'),
    members: element(group, 'members').split(/\s+/),
  }));
  return [...text.matchAll(/<(wan|lan|opt\d+)>([\s\S]*?)<\/\1>/g)].flatMap(([, key = '', block = '']) => {
    const own = element(block, 'if');
    const leads =
      key === 'wan' ||
      element(block, 'gateway') !== '' ||
      /^(dhcp|pppoe|ppp|pptp|l2tp)$/.test(element(block, 'ipaddr'));
    if (own === '' || !leads) return [];
    const inGroups = groups.filter(({ members }) => members.includes(key)).map(({ name }) => name);
    return [{ key, name: element(block, 'descr') || key.toUpperCase(), names: [own, `${key}_stf`, ...inGroups] }];
  });
}

function element(text: string, name: string): string {
  return new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^<\\]]*)`).exec(text)?.[1]?.trim() ?? '';
}
