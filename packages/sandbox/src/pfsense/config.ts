/** An alias as config.xml holds it. */
export interface Alias {
  readonly name: string;
  readonly type: 'host' | 'network' | 'port' | 'url' | 'urltable' | 'external';
  /** Blank separated; for a URL table the URL. */
  readonly address: string;
  readonly url?: string;
  readonly updatefreq?: string;
  readonly descr?: string;
  readonly detail?: string;
}

/** A filter rule as config.xml holds it, as far as we look. */
export interface FilterRule {
  readonly type: 'pass' | 'block' | 'reject' | 'match';
  readonly interface: string;
  readonly ipprotocol: 'inet' | 'inet6' | 'inet46';
  /** Alias or `any`. */
  readonly source: string;
  readonly destination: string;
  readonly descr?: string;
  readonly disabled?: boolean;
  readonly log?: string;
  /** The source, or the destination, is everything but this. */
  readonly not?: 'source' | 'destination';
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
  /** Of the destination. */
  readonly port?: string;
  /** Name of a schedule; the rule is in pf at its times only. */
  readonly sched?: string;
  /** A floating rule stands before those of the interfaces, and ends a packet only when it is quick. */
  readonly floating?: { readonly quick: boolean; readonly direction: 'in' | 'out' | 'any' };
}

/** A port forward, as far as we look. */
export interface PortForward {
  readonly port: string;
  readonly target: string;
  /** Filter rule association "Pass": no filter rule is asked. */
  readonly pass: boolean;
  /** Alias whose members are not forwarded. */
  readonly notFrom?: string;
}

/** The configuration, as far as we look. */
export interface PfSenseConfig {
  aliases: Alias[];
  rules: FilterRule[];
  forwards?: PortForward[];
  /** Address of the other node of a pair, to which the configuration is handed. */
  partner?: string;
  /** Users whose keys were given in the GUI. */
  users?: { readonly name: string; readonly authorizedkeys: string }[];
  /** `/var` and `/tmp` are RAM disks. */
  ramDisk: boolean;
}

/** The interfaces that it has. */
export const INTERFACES: Readonly<Record<string, { readonly device: string; readonly descr: string }>> = {
  wan: { device: 'em0', descr: 'WAN' },
  lan: { device: 'em1', descr: 'LAN' },
};

/** config.xml of a configuration. */
export function printConfigXml({ aliases, rules, ramDisk, partner }: PfSenseConfig): string {
  const lines = ['<?xml version="1.0"?>', '<pfsense>', '\t<version>23.3</version>', '\t<system>'];
  if (ramDisk) lines.push('\t\t<use_mfs_tmpvar></use_mfs_tmpvar>');
  lines.push('\t</system>', '\t<interfaces>');
  for (const [key, { device, descr }] of Object.entries(INTERFACES)) {
    lines.push(
      `\t\t<${key}>`,
      '\t\t\t<enable></enable>',
      `\t\t\t<if>${device}</if>`,
      `\t\t\t<descr><![CDATA[${descr}]]></descr>`,
    );
    lines.push(`\t\t\t<ipaddr>${key === 'wan' ? 'dhcp' : '192.168.1.1'}</ipaddr>`, `\t\t</${key}>`);
  }
  lines.push('\t</interfaces>', '\t<aliases>');
  for (const alias of aliases) {
    lines.push(alias.type === 'external' ? '\t\t<alias uuid="0e5a0b3e-0000-4000-8000-000000000001">' : '\t\t<alias>');
    for (const [key, value] of Object.entries(alias)) lines.push(`\t\t\t<${key}>${escapeXml(String(value))}</${key}>`);
    lines.push('\t\t</alias>');
  }
  lines.push('\t</aliases>', '\t<filter>');
  for (const rule of rules) {
    lines.push('\t\t<rule>', `\t\t\t<type>${rule.type}</type>`, `\t\t\t<interface>${rule.interface}</interface>`);
    lines.push(`\t\t\t<ipprotocol>${rule.ipprotocol}</ipprotocol>`);
    lines.push('\t\t\t<source>', `\t\t\t\t${peer(rule.source)}`, '\t\t\t</source>');
    lines.push('\t\t\t<destination>', `\t\t\t\t${peer(rule.destination)}`, '\t\t\t</destination>');
    lines.push(`\t\t\t<descr><![CDATA[${rule.descr ?? ''}]]></descr>`);
    if (rule.protocol) lines.push(`\t\t\t<protocol>${rule.protocol}</protocol>`);
    if (rule.sched) lines.push(`\t\t\t<sched>${rule.sched}</sched>`);
    if (rule.disabled) lines.push('\t\t\t<disabled></disabled>');
    lines.push('\t\t</rule>');
  }
  lines.push('\t</filter>');
  if (partner !== undefined)
    lines.push('\t<hasync>', `\t\t<synchronizetoip>${partner}</synchronizetoip>`, '\t</hasync>');
  lines.push('</pfsense>', '');
  return lines.join('\n');
}

function peer(name: string): string {
  return name === 'any' ? '<any></any>' : `<address>${escapeXml(name)}</address>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
