export * from './clock.ts';
export * from './manual-clock.ts';
export * from './lapi/errors.ts';
export { Wakeup } from './wakeup.ts';
export { withTimeout } from './with-timeout.ts';
export { backoff } from './schedule.ts';
export * from './net/network.ts';
export { parseNetwork } from './net/parse-network.ts';
export { ipv4FromNumber, ipv4ToNumber } from './net/ipv4.ts';
export { ipv6ToBigint } from './net/ipv6.ts';
export { fromInterval, mergeIntervals, subtractIntervals, toInterval, type Interval } from './net/interval.ts';
export {
  createProtectedSpace,
  type ProtectedSpace,
  type ProtectedSpaceOptions,
  type Shielded,
} from './net/protected-space.ts';
export {
  explainNetworkError,
  networkErrorCode,
  networkErrorKind,
  type NetworkErrorKind,
  type NetworkPlace,
} from './net/network-error.ts';
export { privateNetworks, type ProtectedReason } from './net/protected-ranges.ts';
export type { Entry } from './decisions/entry.ts';
export type { Decision } from './decisions/decision.ts';
export { DecisionSet } from './decisions/decision-set.ts';
export type { SkippedValue } from './decisions/intake.ts';
export { originGroup, originGroups, type OriginGroup } from './decisions/origin-group.ts';
export { originLabel, originRank, type OriginCount, type ScenarioCount } from './decisions/provenance.ts';
export { parseDuration } from './decisions/duration.ts';
export { compileFilter, type DecisionFilter } from './decisions/filter.ts';
export type { WireDecision } from './decisions/wire-decision.ts';
export type { Delta, LapiClient, PullResult, StreamQuery } from './lapi/lapi-client.ts';
export { createLapiClient, type LapiOptions } from './lapi/create-lapi-client.ts';
export type { LapiErrorKind } from './lapi/lapi-error.ts';
export type { LapiLimits } from './lapi/lapi-http.ts';
export { storeProblem } from './lapi/store-problem.ts';
export { systemCertificates } from './lapi/system-certificates.ts';
export { lapiSocketPath, parseBaseUrl } from './lapi/api-url.ts';
export {
  isProxyAnswer,
  openTunnel,
  parseHttpProxy,
  proxyFailure,
  proxyHeaders,
  proxyRefusal,
  type HttpProxy,
} from './lapi/http-proxy.ts';
export { socketProblem } from './lapi/socket-problem.ts';
export { DecisionStream } from './stream.ts';
export type { DecisionStreamOptions } from './stream-options.ts';
export { guardRemovals, isRipe, type HeldRemovals, type RemovalQuestion } from './removal-guard.ts';
export { guardStatus } from './sweep-guard.ts';
export type { SeenDecisions } from './decisions/seen-tally.ts';
export type { ViewOptions } from './decision-view.ts';
export type { GuardStatus, StreamLog, StreamStatus, StreamUpdate, StreamView } from './stream-status.ts';
