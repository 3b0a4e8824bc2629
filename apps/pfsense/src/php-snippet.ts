import { fillIn, foreignText } from '@bouncer/target';
import { USUAL_OFFER } from './rules/rule-steps.ts';
import type { RuleOffer } from './rules/rule-steps.ts';
import type { HelperOptions } from './ssh/helper.ts';
import { HEADER } from './list/alias-file.ts';
import { phpLiteral } from './php-literal.ts';
import type { PhpValue } from './php-literal.ts';

/** What is made on the firewall. */
export interface SetupOptions extends HelperOptions {
  readonly offer?: RuleOffer;
  /** Where the firewall can fetch the list; absent when it is not served. */
  readonly listUrl?: string | undefined;
}

/** What is offered by these settings. */
export function offerOf({ offer = USUAL_OFFER }: Pick<SetupOptions, 'offer'>): RuleOffer {
  return offer;
}

/**
 * What the URL of the alias is. pfSense wants one, and asks it at noon once the file is old: where the list is not served
 * it must be one at which nothing can ever answer, since the answer would take the place of the list.
 */
export function aliasUrl({ alias, listUrl }: SetupOptions): string {
  return listUrl ?? `http://127.0.0.1:9/${alias}.txt`;
}

/** The last line of a script that ended well begins with one of these. */
export const IN_FORCE = /^(written|nothing to do|to be written)/m;

/** The same of the script that takes it back. */
export const TAKEN_BACK = /^(removed|nothing to do|to be removed)/m;

const script = foreignText(import.meta, './alias-and-rule.php');
const removal = foreignText(import.meta, './alias-and-rule-removed.php');

/**
 * PHP for the firewall: makes the alias and the rules where they are missing, has pf load them, says what it does, and
 * changes nothing else. With `dry` it only says.
 */
export function phpSnippet(options: SetupOptions, dry = false): string {
  const { alias, file } = options;
  const wanted = file ? [urlTable(options)] : nested(alias);
  const { interfaces, direction, log, position } = offerOf(options);
  const rule = { interfaces, direction, log, position };
  const settings: Record<string, PhpValue> = { dry, address: alias, wanted, heading: HEADER.trimEnd(), ...rule };
  return fillIn(script, settings, (name, value) => `$${name} = ${phpLiteral(value)};`);
}

/** PHP for the firewall that takes back what the other script has made, and the line of the restricted key. */
export function removalSnippet({ alias, file }: HelperOptions, dry = false): string {
  const settings: Record<string, PhpValue> = { dry, address: alias, made: file ? [alias] : [innerAlias(alias), alias] };
  return fillIn(removal, settings, (name, value) => `$${name} = ${phpLiteral(value)};`);
}

function urlTable(options: SetupOptions): PhpValue {
  const url = aliasUrl(options);
  const about = { address: url, descr: 'CrowdSec decisions', detail: '' };
  return { name: options.alias, type: 'urltable', url, updatefreq: '30', ...about };
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
