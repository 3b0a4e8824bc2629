import { exitFailed, exitOk } from '../runtime/io.ts';
import { openLog } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { openTargets } from '../runtime/open-targets.ts';
import type { OpenTarget } from '../runtime/open-targets.ts';
import { printFailure } from './outcome.ts';

/** Prints what to paste on the device or proxy, and contacts nothing; with `--apply` does it where a target can. */
export async function setup(session: Session): Promise<number> {
  const { loaded, io } = session;
  const targets = await openTargets(session, openLog(session, io.stderr));
  if (session.apply === true) return applyAll(session, targets);
  const groups = loaded.targets.map(({ kind, name, values }) => {
    const own = targets.filter((each) => each.values === values).map(({ target }) => target);
    const texts = new Set(own.map((target) => target.setup().trimEnd()));
    return { name, text: (kind.setup?.(values, own) ?? [...texts].join('\n\n')).trimEnd() };
  });
  // What is pasted must not be mistaken for that of the next one: every language here takes such lines for comments.
  const headed = groups.map(({ name, text }) => (groups.length > 1 ? `# ----- ${name ?? ''} -----\n${text}` : text));
  io.stdout.write(`${headed.join('\n\n')}\n`);
  return exitOk;
}

async function applyAll({ io, loaded }: Session, targets: readonly OpenTarget[]): Promise<number> {
  let code = exitOk;
  for (const { target, values } of targets) {
    try {
      if (!target.applySetup) {
        io.stdout.write(`${target.name}: nothing can be set up from here; see \`setup\`\n`);
        continue;
      }
      const dry = await target.applySetup(true, io.signal);
      io.stdout.write(`${target.name}: to be written\n${loaded.redactor.hide(dry.trimEnd())}\n`);
      if (values.dryRun) continue;
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
