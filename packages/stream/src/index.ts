export * from './clock.ts';
export * from './manual-clock.ts';
export * from './errors.ts';
export * from './net/network.ts';
export type { Entry } from './decisions/entry.ts';
