// Loaded into the connector under soak by `--import`: writes what the process alone can know to the file SOAK_PROBE, one
// JSON line every two seconds. The count of the event loop's delay begins anew when SOAK_PROBE.go appears.
import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env['SOAK_PROBE'] ?? '';
const resolution = 10;
const delay = monitorEventLoopDelay({ resolution });
let isGoing = false;
delay.enable();

setInterval(() => {
  if (!isGoing && existsSync(`${file}.go`)) {
    isGoing = true;
    delay.reset();
  }
  const { heapUsed, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  const descriptors = readdirSync('/proc/self/fd').length;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  // The monitor counts how long a timer of `resolution` took: what is over is the delay.
  const over = (percent: number): number => Math.max(0, delay.percentile(percent) / 1e6 - resolution);
  // Second field: nanoseconds in which we could have run and no processor was free.
  const starved = Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  const line = {
    starved,
    at: performance.now(),
    heapUsed,
    rss,
    handles,
    descriptors,
    listeners,
    p50: over(50),
    p99: over(99),
  };
  appendFileSync(file, `${JSON.stringify({ ...line, worst: over(100), isGoing })}\n`);
}, 2000).unref();
