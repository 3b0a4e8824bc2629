export * from './lapi/start-lapi.ts';
export * from './lapi/generation.ts';
export * from './lapi/faults.ts';
export type { Bouncer, BouncerRegistry } from './lapi/bouncers.ts';
export type { DecisionInput, DecisionRow, DecisionSelector, DecisionTable } from './lapi/decision-table.ts';
export type { LoggedRequest, RequestKind, RequestLog } from './lapi/request-log.ts';
