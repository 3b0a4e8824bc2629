import { exitFailed, exitOk } from '../runtime/io.ts';
import { openLog, openTargets } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/open-runtime.ts';
import type { AnyTarget } from '@bouncer/target';
import { printFailure } from './outcome.ts';

/** Prints what to paste on the device or proxy, and contacts nothing; with `--apply` does it where a target can. */
export async function setup(session: Session): Promise<number> {
  const { connector, loaded, io } = session;
  const targets = await openTargets(session, openLog(session, io.stderr));
  if (session.apply === true) return applyAll(session, targets);
  const texts = new Set(targets.map((target) => target.setup().trimEnd()));
  const text = connector.setup?.(loaded.values, targets) ?? [...texts].join('\n\n');
  io.stdout.write(`${text.trimEnd()}\n`);
  return exitOk;
}

async function applyAll({ io, loaded }: Session, targets: readonly AnyTarget[]): Promise<number> {
  let code = exitOk;
  for (const target of targets) {
    try {
      if (!target.applySetup) {
        io.stdout.write(`${target.name}: nothing can be set up from here; see \`setup\`\n`);
        continue;
      }
      const dry = await target.applySetup(true, io.signal);
      io.stdout.write(`${target.name}: to be written\n${loaded.redactor.hide(dry.trimEnd())}\n`);
      if (loaded.values.dryRun) continue;
      const done = await target.applySetup(false, io.signal);
      io.stdout.write(`${target.name}: done\n${loaded.redactor.hide(done.trimEnd())}\n`);
    } catch (error) {
      code = exitFailed;
      io.stderr.write(printFailure(`${target.name}: not set up`, error, loaded.redactor));
    } finally {
      await target.close();
    }
  }
  return code;
}
