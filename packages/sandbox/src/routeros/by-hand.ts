import type { AddressRow } from './device/address-row.ts';
import type { Router } from './device/router.ts';
import { printId } from './device/row-store.ts';
import { textOfWord, wordOfText } from './protocol/codec.ts';
import type { Request } from './protocol/request.ts';

/** One address-list row for people. */
export interface RouterRow {
  readonly id: string;
  readonly family: 4 | 6;
  readonly list: string;
  readonly address: string;
  /** Whole seconds left; undefined when it stays. */
  readonly timeout: number | undefined;
  readonly dynamic: boolean;
  readonly disabled: boolean;
  /** Empty when there is none. */
  readonly comment: string;
}

/** A row as someone's hand adds it: `timeout` in the router's own text. */
export interface RowByHand {
  /** Default: by the address, 6 when it has a colon. */
  readonly family?: 4 | 6;
  readonly list: string;
  readonly address: string;
  readonly timeout?: string;
  readonly dynamic?: boolean;
  readonly disabled?: boolean;
  readonly comment?: string;
}

/** A firewall rule as someone's hand adds it; everything else by its RouterOS name (`src-address-list`, `in-interface-list`). */
export interface RuleByHand {
  readonly family?: 4 | 6;
  readonly table: 'raw' | 'filter';
  readonly chain: string;
  readonly action: string;
  readonly packets?: number;
  readonly bytes?: number;
  /** Made by the router or another program, not by a hand. */
  readonly dynamic?: boolean;
  readonly invalid?: boolean;
  readonly builtin?: boolean;
  readonly [setting: string]: string | number | boolean | undefined;
}

/** Which rule. */
export interface RuleHandle {
  readonly id: string;
  readonly family: 4 | 6;
  readonly table: 'raw' | 'filter';
}

/** One firewall rule for people. */
export interface RouterRule extends RuleHandle {
  readonly packets: number;
  readonly bytes: number;
  /** By RouterOS name. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Settings as the attributes of a command; undefined ones are left out. */
export function requestOf(settings: Readonly<Record<string, string | number | boolean | undefined>>): Request {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) attributes.set(name, wordOfText(String(value)));
  }
  return { command: '', attributes, queries: [], strange: [] };
}

/** Rows of one list or all, one family or both. */
export function describeRows(router: Router, family?: 4 | 6, list?: string): RouterRow[] {
  const wanted = list === undefined ? undefined : wordOfText(list);
  return (family ? [family] : ([4, 6] as const)).flatMap((one) =>
    [...router.addresses[one].rows()]
      .filter((row) => wanted === undefined || row.list === wanted)
      .map((row) => describeRow(router, one, row)),
  );
}

/** Every rule: raw before filter, IPv4 before IPv6, each table in its order. */
export function describeRules(router: Router): RouterRule[] {
  return ([4, 6] as const).flatMap((family) =>
    (['raw', 'filter'] as const).flatMap((table) =>
      router.rules[family][table].rows().map((rule) => ({
        id: printId(rule.number),
        family,
        table,
        packets: rule.packets,
        bytes: rule.bytes,
        settings: Object.fromEntries([...rule.settings].map(([name, value]) => [name, textOfWord(value)])),
      })),
    ),
  );
}

function describeRow(router: Router, family: 4 | 6, row: AddressRow): RouterRow {
  return {
    id: printId(row.number),
    family,
    list: textOfWord(row.list),
    address: row.address,
    timeout: router.addresses[family].secondsLeft(row),
    dynamic: row.dynamic,
    disabled: row.disabled,
    comment: textOfWord(row.comment ?? ''),
  };
}
