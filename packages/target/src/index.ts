export {
  concernsOf,
  errorStep,
  failed,
  passed,
  stepOf,
  triedStep,
  warned,
  type CheckLevel,
  type CheckStep,
  type Finding,
} from './doctor/check-step.ts';
export {
  defineKind,
  type CheckOption,
  type DecisionIdOf,
  type ExtraCheckContext,
  type Kind,
  type TargetContext,
} from './define-kind.ts';
export { appsecProbe, appsecSteps, probeStep } from './appsec-steps.ts';
export { opened } from './doctor/connect.ts';
export { dnsStep } from './doctor/dns-step.ts';
export { apiAddress, type HostPort } from './doctor/host-port.ts';
export { tcpStep } from './doctor/tcp-step.ts';
export { judgeCertificate, nameOf, tlsStep, type TlsTrust } from './doctor/tls-step.ts';
export { fixFor, troubles, troubleshootingTable } from './doctor/troubleshooting.ts';
export {
  FileTarget,
  type FileTargetOptions,
  type PurgedFiles,
  type RenderedFile,
  type Renderer,
  type UserCommand,
} from './files/file-target.ts';
export { listedOf, type Listed } from './files/listed.ts';
export { OutputFolder } from './files/output-folder.ts';
export { fillIn, foreignText } from './foreign-text.ts';
export { fillHtml } from './html-text.ts';
export { banPage, plainPage } from './plain-page.ts';
export { request } from './request.ts';
export { runProgram, type ProgramRun } from './programs/run-program.ts';
export type { AtOnce, BareRequest } from './listen/answer-at-once.ts';
export { listenAt, type ListenLimits, type Listening, type ServerTls } from './listen/listen-at.ts';
export { silentLogger, type LogFields, type Logger } from './logger.ts';
export { MemoryTarget } from './memory-target.ts';
export { appsecPlace, appsecProblems, appsecSettings, type AppsecValues } from './settings/appsec-settings.ts';
export {
  coreSettings,
  coreSettingsFor,
  directLapiProblems,
  validateCore,
  type CoreValues,
} from './settings/core-settings.ts';
export { fileProblem } from './settings/file-types.ts';
export type {
  ForeignEnvironment,
  ForeignGroup,
  ForeignNode,
  SettingsImporter,
  Translation,
} from './settings/importer.ts';
export { notifyFormatOf, type NotifyFormat } from './settings/notify-settings.ts';
export { nearest } from './settings/nearest.ts';
export { parseHostPort, printHostPort } from './settings/net-types.ts';
export { printable } from './settings/printable.ts';
export type { Problem } from './settings/problem.ts';
export { Secret } from './settings/secret.ts';
export { shown, type JsonSchema, type SettingType } from './settings/setting-type.ts';
export { setting, type Setting, type Settings, type ValuesOf } from './settings/setting.ts';
export { shellWord } from './programs/shell-word.ts';
export type {
  AnyTarget,
  AppsecCounts,
  ApplyReport,
  Capabilities,
  Changes,
  Concern,
  Current,
  DropCounters,
  Held,
  HeldEntry,
  Target,
  TargetFacts,
  Update,
} from './target.ts';
