import { exitFailed, exitOk } from '../runtime/io.ts';
import type { Session } from '../runtime/session.ts';
import { askHealth } from '../doctor/healthcheck.ts';

/** Asks the running instance; the long way round, when YAML or the default says where it listens. */
export async function healthcheck({ program, loaded, io }: Session): Promise<number> {
  const { ok, line } = await askHealth(loaded.values.httpListen, program.type);
  (ok ? io.stdout : io.stderr).write(`${line}\n`);
  return ok ? exitOk : exitFailed;
}
