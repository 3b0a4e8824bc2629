import { fillIn, foreignText } from '@bouncer/target';
import type { HelperOptions } from './ssh/helper.ts';
import { HEADER } from './list/alias-file.ts';
import { phpLiteral } from './php-literal.ts';
import type { PhpValue } from './php-literal.ts';

/** What the URL of the alias is when the list is not served: pfSense wants one, and never asks it while the file is fresh. */
export function aliasUrl(alias: string): string {
  return `https://127.0.0.1/${alias}.txt`;
}

/** The last line of a script that ended well begins with one of these. */
export const IN_FORCE = /^(written|nothing to do|to be written)/m;

const script = foreignText(import.meta, './alias-and-rule.php');

/**
 * PHP for the firewall: makes the alias and the rule where they are missing, has pf load them, says what it does, and
 * changes nothing else. With `dry` it only says.
 */
export function phpSnippet({ alias, file }: HelperOptions, dry = false): string {
  const wanted = file ? [urlTable(alias)] : nested(alias);
  const settings: Record<string, PhpValue> = { dry, address: alias, wanted, heading: HEADER.trimEnd() };
  return fillIn(script, settings, (name, value) => `$${name} = ${phpLiteral(value)};`);
}

function urlTable(alias: string): PhpValue {
  const url = aliasUrl(alias);
  const about = { address: url, descr: 'CrowdSec decisions', detail: '' };
  return { name: alias, type: 'urltable', url, updatefreq: '30', ...about };
}

function nested(alias: string): PhpValue[] {
  const name = innerAlias(alias);
  const descr = `Empty on purpose: keeps ${alias} from being flushed`;
  return [
    { name, type: 'network', address: '', descr, detail: '' },
    { name: alias, type: 'network', address: name, descr: 'CrowdSec decisions', detail: '' },
  ];
}

/** The empty alias that is the only member of the other one, and never has its name. */
export function innerAlias(alias: string): string {
  const inner = `${alias.slice(0, 25)}_empty`;
  return inner === alias ? `${alias.slice(0, 25)}_inner` : inner;
}
