export { runCommandLine } from './commands/command-line.ts';
export { probe } from './doctor/probe.ts';
export { metricRows, metricsTable } from './metrics/metrics-table.ts';
export { targetsSetting } from './settings/load-program.ts';
export { settingsTable, settingsWhere } from './settings/markdown-table.ts';
export { usageBody } from './usage/usage-report.ts';
export { startUsageReporter } from './usage/usage-reporter.ts';
export { startHttpServer } from './web/http-server.ts';
export { RecentChanges } from './web/recent-changes.ts';
