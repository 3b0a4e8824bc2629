import { runProgram } from '@bouncer/target';

const timeoutMs = 10_000;

/** The whole configuration of the NGINX on this machine, as `nginx -T` prints it; or why it cannot be seen. */
export async function dumpConfiguration(
  signal: AbortSignal,
): Promise<{ readonly text: string } | { readonly unseen: string; readonly isBroken: boolean }> {
  const ended = await runProgram({ program: 'nginx', args: ['-T'], timeoutMs, signal }).catch(() => undefined);
  if (!ended) return { unseen: 'there is no nginx beside the connector', isBroken: false };
  const { code, output, complaint } = ended;
  if (code === 0) return { text: output };
  const why = complaint.match(/\[emerg\].*/)?.[0] ?? complaint.trim().split('\n').at(-1) ?? '';
  // Another user than root may not read keys and logs: that says nothing of the configuration.
  const isBroken = why.startsWith('[emerg]') && !/Permission denied/.test(complaint);
  return { unseen: `nginx -T failed: ${why.slice(0, 300)}`, isBroken };
}
