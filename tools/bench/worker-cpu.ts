import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealNginx } from '../../apps/nginx/test/real-nginx.ts';

/** Worker CPU in microseconds for each of many requests from these clients. */
export async function costOf(nginx: RealNginx, page: string, clients: readonly string[]): Promise<number> {
  const script = path.join(nginx.folder, 'wrk.lua');
  const list = clients.map((client) => `"${client}"`).join(',');
  writeFileSync(
    script,
    `local clients = {${list}}
local ready = {}
function init() for i, c in ipairs(clients) do ready[i] = wrk.format("GET", "${page}", { ["X-Real-IP"] = c }) end end
local at = 0
function request() at = at % #ready + 1 return ready[at] end\n`,
  );
  const [worker = 0] = nginx.workers;
  await wrk(nginx, script, '1s');
  const cpu = schedstat(worker);
  const requests = await wrk(nginx, script, '3s');
  return (schedstat(worker) - cpu) / 1000 / requests;
}

function wrk(nginx: RealNginx, script: string, duration: string): Promise<number> {
  const child = spawn('wrk', ['-t1', '-c16', `-d${duration}`, '-s', script, `http://127.0.0.1:${nginx.port}/`]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', () => {
      const count = Number(/(\d+) requests in/.exec(output)?.[1]);
      if (count > 0) resolve(count);
      else reject(new Error(`wrk: ${output}`));
    });
  });
}

/** Nanoseconds that a process has run. */
export function schedstat(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
}

/** 5,000 addresses that no generator of decisions uses. */
export function cleanIpv4(): string[] {
  // Public space of test networks that no generator uses.
  return Array.from({ length: 5000 }, (_, index) => `198.18.${index >> 8}.${index & 255}`).map((text, index) =>
    index % 2 ? text : `${((index * 7) % 90) + 11}.${(index * 13) % 256}.${(index * 29) % 256}.0`,
  );
}
