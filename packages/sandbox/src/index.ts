export { startAppsec, type AppsecMood, type AppsecSandbox } from './appsec/start-appsec.ts';
export {
  createCertificateAuthority,
  fingerprintOf,
  selfSigned,
  type CertificateAuthority,
  type CertifiedKey,
} from './certificates/certificate-authority.ts';
export { StandInProvider } from './captcha/stand-in-provider.ts';
export { programMissing } from './debian/installed-program.ts';
export { packagesMissing } from './debian/packages-missing.ts';
export { findPromtool } from './debian/promtool.ts';
export { capiDecision, decisionMix, distinctValues } from './decisions/decision-mix.ts';
export { integer, mulberry32, pick } from './decisions/random.ts';
export { junkValues, oddSpellings } from './decisions/spellings.ts';
export type { DecisionInput } from './lapi/decision-table.ts';
export { databaseFault, gatewayPage, redirectTo, type LapiFault } from './lapi/faults.ts';
export type { LoggedRequest } from './lapi/request-log.ts';
export { startLapi, type LapiSandbox } from './lapi/start-lapi.ts';
export { ask } from './lapi/testing.ts';
export { judgeUsageMetrics } from './lapi/usage-metrics.ts';
export { answerTo } from './network/answer-to.ts';
export { Bubble, places } from './network/bubble.ts';
export { Namespace, namespacesMissing } from './network/namespace.ts';
export { Relay } from './network/relay-process.ts';
export type { Alias, FilterRule } from './pfsense/config.ts';
export { OpnSenseSandbox } from './pfsense/opnsense-sandbox.ts';
export { pfSenseMissing } from './pfsense/parts.ts';
export { parsePrefix } from './pfsense/prefix.ts';
export { RestSandbox, problem, type RestSandboxOptions } from './pfsense/rest-sandbox.ts';
export { PfSenseSandbox, crowdsecAlias, crowdsecRule, startPfSense, type PfSenseOptions } from './pfsense/sandbox.ts';
export { browserAvailable } from './product/browser.ts';
export { ConnectorProcess, runConnectorCommand } from './product/connector-process.ts';
export { startedAs } from './product/started-as.ts';
export { freePort } from './product/free-port.ts';
export { SmallDisk, smallDiskMissing } from './product/small-disk.ts';
export { until } from './product/until.ts';
export { crowdsecRoot, realAppsecMissing, realLapiAvailable, recentLapiMissing } from './real-lapi/package-files.ts';
export { postgresMissing, startPostgres } from './real-lapi/postgres.ts';
export { startRealLapi, type RealLapi } from './real-lapi/start-real-lapi.ts';
export type { RouterRule, RuleByHand } from './routeros/by-hand.ts';
export { REAL_SCAN_US_PER_ROW } from './routeros/device/options.ts';
export type { Policy, RouterOsOptions } from './routeros/device/options.ts';
export { RouterOsSandbox, startRouterOs } from './routeros/sandbox.ts';
export { cutAt, everyByte, randomChunks } from './routeros/server/chunking.ts';
export type { Fault } from './routeros/server/faults.ts';
export { WebhookReceiver } from './webhook/receiver.ts';
export type { ReceiverKind } from './webhook/rules.ts';
