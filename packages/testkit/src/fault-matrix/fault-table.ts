/** Where a fault strikes. */
export type FaultGroup = 'LAPI' | 'clock' | 'device' | 'files' | 'process';

const rows = [
  ['LAPI', 'lapi-refused', 'refuses connections'],
  ['LAPI', 'lapi-hang', 'accepts and never answers'],
  ['LAPI', 'lapi-hang-body', 'stops in the middle of an answer'],
  ['LAPI', 'lapi-reset', 'connection cut in the middle of an answer'],
  ['LAPI', 'lapi-truncated', 'JSON that ends early, in good order'],
  ['LAPI', 'lapi-html', 'an HTML page with status 200'],
  ['LAPI', 'lapi-401', '401'],
  ['LAPI', 'lapi-403', '403'],
  ['LAPI', 'lapi-404', '404'],
  ['LAPI', 'lapi-429', '429 with Retry-After'],
  ['LAPI', 'lapi-5xx', '503 of a gateway'],
  ['LAPI', 'lapi-redirect', 'redirect to another address'],
  ['LAPI', 'lapi-empty', 'sudden empty list'],
  ['LAPI', 'lapi-double', 'sudden double size'],
  ['LAPI', 'key-rotated', 'API key rotated in its file'],
  ['LAPI', 'key-shared', 'API key shared with another poller'],
  ['clock', 'clock-forward', 'wall clock two hours forward'],
  ['clock', 'clock-back', 'wall clock two hours back, then LAPI away'],
  ['device', 'device-refused', 'refuses us'],
  ['device', 'device-hang', 'accepts and never answers'],
  ['device', 'device-reset', 'cut in the middle of an apply'],
  ['device', 'device-partial', 'part of an apply done, then lost'],
  ['device', 'device-entry', 'error for one entry'],
  ['device', 'device-full', 'full'],
  ['device', 'device-reboot', 'rebooted'],
  ['device', 'device-flush', 'flushed by somebody else'],
  ['device', 'device-login', 'credentials changed'],
  ['device', 'device-identity', 'certificate or host key changed'],
  ['files', 'disk-full', 'disk full'],
  ['files', 'read-only', 'folder read-only'],
  ['files', 'file-deleted', 'file deleted'],
  ['process', 'term-idle', 'SIGTERM while idle'],
  ['process', 'term-start', 'SIGTERM after a start, before the first pull has ended'],
  ['process', 'term-pull', 'SIGTERM during a pull'],
  ['process', 'term-apply', 'SIGTERM during an apply'],
  ['process', 'kill-idle', 'SIGKILL while idle'],
  ['process', 'kill-start', 'SIGKILL after a start, before the first pull has ended'],
  ['process', 'kill-pull', 'SIGKILL during a pull'],
  ['process', 'kill-apply', 'SIGKILL during an apply'],
  ['process', 'memory-idle', 'out of memory while idle'],
  ['process', 'memory-start', 'out of memory after a start, before the first pull has ended'],
  ['process', 'memory-pull', 'out of memory during a pull'],
  ['process', 'memory-apply', 'out of memory during an apply'],
] as const satisfies readonly (readonly [FaultGroup, string, string])[];

/** The name of a row. */
export type FaultId = (typeof rows)[number][1];

/** One row of the matrix. */
export interface FaultRow {
  readonly group: FaultGroup;
  readonly id: FaultId;
  readonly title: string;
}

/** All rows, in the order in which they are printed. */
export const faultRows: readonly FaultRow[] = rows.map(([group, id, title]) => ({ group, id, title }));
