/** An alias as config.xml holds it. */
export interface Alias {
  readonly name: string;
  readonly type: 'host' | 'network' | 'port' | 'url' | 'urltable';
  /** Blank separated; for a URL table the URL. */
  readonly address: string;
  readonly url?: string;
  readonly updatefreq?: string;
  readonly descr?: string;
  readonly detail?: string;
}

/** A filter rule as config.xml holds it, as far as we look. */
export interface FilterRule {
  readonly type: 'pass' | 'block' | 'reject';
  readonly interface: string;
  readonly ipprotocol: 'inet' | 'inet6' | 'inet46';
  /** Alias or `any`. */
  readonly source: string;
  readonly destination: string;
  readonly descr?: string;
  readonly disabled?: boolean;
}

/** The configuration, as far as we look. */
export interface PfSenseConfig {
  aliases: Alias[];
  rules: FilterRule[];
  /** `/var` and `/tmp` are RAM disks. */
  ramDisk: boolean;
}

/** config.xml of a configuration. */
export function printConfigXml({ aliases, rules, ramDisk }: PfSenseConfig): string {
  const lines = ['<?xml version="1.0"?>', '<pfsense>', '\t<version>23.3</version>', '\t<system>'];
  if (ramDisk) lines.push('\t\t<use_mfs_tmpvar></use_mfs_tmpvar>');
  lines.push('\t</system>', '\t<aliases>');
  for (const alias of aliases) {
    lines.push('\t\t<alias>');
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
    if (rule.disabled) lines.push('\t\t\t<disabled></disabled>');
    lines.push('\t\t</rule>');
  }
  lines.push('\t</filter>', '</pfsense>', '');
  return lines.join('\n');
}

function peer(name: string): string {
  return name === 'any' ? '<any></any>' : `<address>${escapeXml(name)}</address>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
