import { execFile } from 'node:child_process';

const timeoutMs = 10_000;

/** The whole configuration of the NGINX on this machine, as `nginx -T` prints it; or why it cannot be seen. */
export function dumpConfiguration(
  signal: AbortSignal,
): Promise<{ readonly text: string } | { readonly unseen: string }> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, signal, maxBuffer: 32 << 20 };
    execFile('nginx', ['-T'], options, (error, stdout, stderr) => {
      if (!error) resolve({ text: stdout });
      else if (error.code === 'ENOENT') resolve({ unseen: 'there is no nginx beside the connector' });
      else resolve({ unseen: `nginx -T failed: ${stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? ''}` });
    });
  });
}
