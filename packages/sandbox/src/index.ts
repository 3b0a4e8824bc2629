export * from './lapi/start-lapi.ts';
export * from './lapi/generation.ts';
export * from './lapi/faults.ts';
export type { Bouncer, BouncerRegistry } from './lapi/bouncers.ts';
export type { DecisionInput, DecisionRow, DecisionSelector, DecisionTable } from './lapi/decision-table.ts';
export type { LoggedRequest, RequestKind, RequestLog } from './lapi/request-log.ts';
export type { ListenerTls } from './lapi/listener.ts';
export * from './decisions/addresses.ts';
export * from './decisions/churn.ts';
export * from './decisions/decision-mix.ts';
export * from './decisions/random.ts';
export * from './decisions/spellings.ts';
export * from './target-contract.ts';
export type { TargetFixture } from './target-contract/fixture.ts';
export { RouterOsSandbox, startRouterOs } from './routeros/sandbox.ts';
export type { RouterRow, RouterRule, RowByHand, RuleByHand, RuleHandle } from './routeros/by-hand.ts';
export type {
  EmptyReply,
  Policy,
  RouterFacts,
  RouterInterface,
  RouterOsOptions,
  RouterUser,
} from './routeros/options.ts';
export type { Fault, FaultScope } from './routeros/server/faults.ts';
export { cutAt, everyByte, randomChunks } from './routeros/server/chunking.ts';
export * from './certificates/certificate-authority.ts';
export { findPromtool, type Promtool, type PromtoolResult } from './debian/promtool.ts';
export { realLapiAvailable, recentLapiMissing, type RealLapiAvailability } from './real-lapi/package-files.ts';
export type { RealLapiTls } from './real-lapi/configuration.ts';
export * from './real-lapi/start-real-lapi.ts';
export { postgresMissing, startPostgres, type Postgres } from './real-lapi/postgres.ts';
export * from './pfsense/sandbox.ts';
export { parsePrefix } from './pfsense/prefix.ts';
export { pfSenseMissing } from './pfsense/parts.ts';
export type { ShellUser } from './pfsense/tree.ts';
export type { Alias, FilterRule, PortForward } from './pfsense/config.ts';
export type { LoginMode } from './pfsense/sshd.ts';
export { RestSandbox, problem, type RestRow, type RestSandboxOptions } from './pfsense/rest-sandbox.ts';
export { OpnSenseSandbox, type OpnSenseAlias } from './pfsense/opnsense-sandbox.ts';
export type { OpnRule } from './pfsense/opnsense-rules.ts';
export { ApiServer, type ApiAnswer, type ApiRequest } from './pfsense/rest-server.ts';
export { browserAvailable, type BrowserAvailability } from './product/browser.ts';
export * from './product/connector-process.ts';
export * from './product/until.ts';
export * from './network/namespace.ts';
export { Bubble, places } from './network/bubble.ts';
export { lockoutSuite, type LockoutDevice } from './lockout/lockout-suite.ts';
export * from './hostile/texts.ts';
export * from './hostile/addresses.ts';
export * from './hostile/fuzz.ts';
export * from './product/free-port.ts';
export { slowClientSuite } from './security/slow-clients.ts';
export { securitySuite, type GuardedDevice } from './security/security-suite.ts';
export { faultMatrix, type FaultMatrix } from './fault-matrix/matrix-suite.ts';
export type { MatrixDevice } from './fault-matrix/matrix-device.ts';
export type { Cell } from './fault-matrix/cell.ts';
export type { Lane } from './fault-matrix/lane.ts';
export { keyFileDeleted, lapiCells } from './fault-matrix/lapi-cells.ts';
export { processCells } from './fault-matrix/process-cells.ts';
export { faultRows, type FaultId } from './fault-matrix/fault-table.ts';
export { cellText, type Column } from './fault-matrix/matrix-column.ts';
export { fuzzSetup, hostilePath, hostileUrl, sectionOf, type SetupText } from './hostile/setup-fuzz.ts';
export { readCompose, type ComposeService } from './hostile/compose-reader.ts';
export { readUnit } from './hostile/unit-reader.ts';
export { shellWordsOf } from './hostile/shell-words.ts';
export { hostileSettingsSuite } from './hostile/settings-suite.ts';
export { SmallDisk, smallDiskMissing } from './product/small-disk.ts';
export { HEALED, HEALED_PFSENSE, afterHungDevice } from './fault-matrix/promises.ts';
export { freePort } from './product/free-port.ts';
