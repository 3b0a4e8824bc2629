import { execFile } from 'node:child_process';

const timeoutMs = 10_000;

/** The whole configuration of the NGINX on this machine, as `nginx -T` prints it; or why it cannot be seen. */
export function dumpConfiguration(
  signal: AbortSignal,
): Promise<{ readonly text: string } | { readonly unseen: string; readonly isBroken: boolean }> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, signal, maxBuffer: 32 << 20 };
    execFile('nginx', ['-T'], options, (error, stdout, stderr) => {
      if (!error) resolve({ text: stdout });
      else if (error.code === 'ENOENT') resolve({ unseen: 'there is no nginx beside the connector', isBroken: false });
      else {
        const why = stderr.match(/\[emerg\].*/)?.[0] ?? stderr.trim().split('\n').at(-1) ?? '';
        // Another user than root may not read keys and logs: that says nothing of the configuration.
        const isBroken = why.startsWith('[emerg]') && !/Permission denied/.test(stderr);
        resolve({ unseen: `nginx -T failed: ${why.slice(0, 300)}`, isBroken });
      }
    });
  });
}
