import type { StreamLog } from '../src/stream-status.ts';

/** A log for tests that do not look at it. */
export const silentLog: StreamLog = { debug() {}, info() {}, warn() {} };
