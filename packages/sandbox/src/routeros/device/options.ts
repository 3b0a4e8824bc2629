import type { Clock } from '@bouncer/stream';
import type { PartialBatch } from './row-store.ts';
import type { TagPosition } from '../protocol/reply.ts';
import type { Chunking } from '../server/chunking.ts';

/** What a user may do. */
export type Policy = 'read' | 'write' | 'api' | 'rest-api' | 'test' | 'ftp' | 'sensitive' | 'policy' | 'reboot';

export interface RouterUser {
  readonly name: string;
  readonly password: string;
  readonly policies: readonly Policy[];
}

/** One row of `/interface`. */
export interface RouterInterface {
  readonly name: string;
  /** `ether`, `bridge`, `vlan`, `pppoe-out`, `lte`; default ether. */
  readonly type?: string;
  readonly disabled?: boolean;
  /** A port of a bridge: packets come in by the bridge. */
  readonly slave?: boolean;
}

/** One row of `/interface/list`, besides the built-in ones. */
export interface RouterInterfaceList {
  readonly name: string;
  /** Names of lists. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** One row of `/interface/list/member`. */
export interface RouterListMember {
  readonly list: string;
  readonly interface: string;
  readonly disabled?: boolean;
}

/** Numbers of `/system/resource/print`. */
export interface RouterFacts {
  readonly boardName: string;
  readonly architecture: string;
  readonly totalMemoryBytes: number;
  /** Before the first address-list entry. */
  readonly freeMemoryBytes: number;
  readonly cpuCount: number;
  readonly cpuLoadPercent: number;
}

/** Which replies a command without rows gets: `on` from 7.18 by itself, the others are shapes seen in other clients' tests. */
export type EmptyReply = 'off' | 'on' | 'twice' | 'before-rows' | 'every-command';

export interface RouterOsOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Absent: plain TCP. `anonymous`: what api-ssl offers without a certificate. At most TLS 1.2 either way. */
  readonly tls?: { readonly key: string; readonly cert: string } | 'anonymous';
  /** `6.49.10`, `7.16.2`, `7.20.1`; default 7.20.1. */
  readonly version?: string;
  /** Default: crowdsec with password `secret` and read, write, api. */
  readonly users?: readonly RouterUser[];
  /** Login by MD5 challenge. Default: when the version is before 6.43. */
  readonly challengeLogin?: boolean;
  /** Default: by version. */
  readonly emptyReply?: EmptyReply;
  readonly tagPosition?: TagPosition;
  /** `!trap` with or without its category; default `sometimes` (as the router does), by seed. */
  readonly trapCategory?: 'always' | 'never' | 'sometimes';
  /** Default true: replies of other tagged commands come between the rows of a long tagged print. */
  readonly interleave?: boolean;
  /** Two `!trap` sentences instead of one. */
  readonly multiTrap?: boolean;
  /** Milliseconds that a command takes of the processor all connections share. Real time, whatever the clock. Default 0. */
  readonly serviceTimeMs?: number;
  /** Microseconds on top for every row of a menu that is printed, queried or counted, whatever list it is in. Default 0. */
  readonly scanUsPerRow?: number;
  /** Milliseconds each way. Default 0. */
  readonly latencyMs?: number;
  /** How every write is cut into segments. */
  readonly chunking?: Chunking;
  /** Connections beyond are accepted and closed. Default 20, as `/ip/service` has it. */
  readonly maxSessions?: number;
  /** Addresses that are served; others are accepted and closed. Default: all. */
  readonly availableFrom?: readonly string[];
  /** Others are accepted, and then nothing happens: what some routers do instead of closing. Default false. */
  readonly limitsSilently?: boolean;
  /** Expiry, dates and uptime go by it. Default: the system's. */
  readonly clock?: Clock;
  readonly facts?: Partial<RouterFacts>;
  /** `add` fails beyond this many address-list rows, both families together. Default: none. */
  readonly entriesLimit?: number;
  /** Default `random`, by seed. */
  readonly partialBatch?: PartialBatch;
  /** After a reboot ids start again behind the highest that is left. Default true. */
  readonly idsRestartAtReboot?: boolean;
  /** Interface lists besides all, none, dynamic and static. Default LAN and WAN. */
  readonly interfaceLists?: readonly (string | RouterInterfaceList)[];
  /** Default ether1 to ether5 (2 to 5 are ports of the bridge) and bridge. */
  readonly interfaces?: readonly RouterInterface[];
  /** Default ether1 in WAN and bridge in LAN, as far as there are such lists. */
  readonly listMembers?: readonly RouterListMember[];
  /** False: `/user` and `/user/group` are refused, whoever asks. Default true. */
  readonly showsUsers?: boolean;
  /** Default: IPv6 is on, with a global address. */
  readonly ipv6?: { readonly disabled?: boolean; readonly addresses?: readonly string[] };
  /** A switch chip that routes by itself, past the firewall. Default false. */
  readonly l3Offload?: boolean;
  /** What a DNS-name row resolves to. Default: one address of 198.18.0.0/15 for a name that has a letter. */
  readonly resolve?: (name: string) => readonly string[];
  /** The most bytes of one sentence after login; beyond, the connection is closed. Default 65,536. */
  readonly maxSentenceBytes?: number;
  /** For everything that is left to chance. Default 1. */
  readonly seed?: number;
}

/**
 * What a row of a menu costs a router that looks through it, in microseconds, as public timings have it (185 on a menu of
 * 53,000 rows, 400 on one of 12,651): for whatever is to be true of real routers.
 */
export const REAL_SCAN_US_PER_ROW = 200;

/** What the emulator assumes where the caller did not say. */
export const DEFAULT_FACTS: RouterFacts = {
  boardName: 'RB5009UG+S+',
  architecture: 'arm64',
  totalMemoryBytes: 1_073_741_824,
  freeMemoryBytes: 845_152_256,
  cpuCount: 4,
  cpuLoadPercent: 3,
};
