import { exitOk } from '../runtime/io.ts';
import { openLog, openTargets } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/open-runtime.ts';

/** Prints what to paste on the device or proxy. Contacts nothing. */
export async function setup(session: Session): Promise<number> {
  const { connector, loaded, io } = session;
  const targets = await openTargets(session, openLog(session, io.stderr));
  const texts = new Set(targets.map((target) => target.setup().trimEnd()));
  const text = connector.setup?.(loaded.values, targets) ?? [...texts].join('\n\n');
  io.stdout.write(`${text.trimEnd()}\n`);
  return exitOk;
}
