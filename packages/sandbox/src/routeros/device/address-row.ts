import type { Numbered } from './row-store.ts';

/** One row of an address list as the router keeps it. Texts are binary strings. */
export interface AddressRow extends Numbered {
  list: string;
  /** Canonical print of an address or range, or a DNS name. */
  address: string;
  kind: 'address' | 'name';
  /** On the injected clock, in milliseconds; undefined when it never expires. */
  expiresAt: number | undefined;
  /** Wall clock, in milliseconds. */
  readonly createdAt: number;
  /** RAM only: gone at a reboot. */
  dynamic: boolean;
  disabled: boolean;
  comment: string | undefined;
  /** The DNS-name row that made this one; goes with it. */
  readonly parent?: number;
}

/** Properties in the router's print order. */
export const ADDRESS_PROPERTIES = [
  '.id',
  'list',
  'address',
  'creation-time',
  'timeout',
  'dynamic',
  'disabled',
  'comment',
] as const;
