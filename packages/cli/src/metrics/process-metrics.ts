import { readFileSync, readdirSync } from 'node:fs';

/**
 * The process itself, by the names that every client library of Prometheus gives them, so that dashboards for processes work.
 * prom-client's own collector is not used: it brings thirty metrics of Node and a timer of its own.
 */
export function processMetrics(): string {
  const { user, system } = process.cpuUsage();
  const startedAt = Date.now() / 1000 - process.uptime();
  return [
    metric('process_cpu_seconds_total', 'counter', 'CPU time in seconds', (user + system) / 1e6),
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory', process.memoryUsage.rss()),
    metric('process_start_time_seconds', 'gauge', 'Start, seconds since the epoch', Math.round(startedAt * 100) / 100),
    metric('process_open_fds', 'gauge', 'Open file descriptors', openFiles()),
    metric('process_max_fds', 'gauge', 'The most file descriptors that may be open', maxFiles()),
  ].join('');
}

function metric(name: string, type: string, help: string, value: number | undefined): string {
  return value === undefined ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}

/** Undefined where there is no /proc. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function maxFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
