import { exitFailed, exitOk } from '../runtime/io.ts';
import { openLog } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { openTargets } from '../runtime/open-targets.ts';
import type { OpenTarget } from '../runtime/open-targets.ts';
import { printFailure } from './outcome.ts';

/** Prints what to paste on the device or proxy, and contacts nothing; with `--apply` does it where a target can, with `--remove` takes it back or prints how. */
export async function setup(session: Session): Promise<number> {
  const { loaded, io } = session;
  const targets = await openTargets(session, openLog(session, io.stderr));
  if (session.apply === true || session.remove === true) return applyAll(session, targets);
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

/** What is said before and after, and whose work it is. */
const BY_FLAG = {
  apply: {
    dry: 'to be written',
    done: 'done',
    not: 'not set up',
    none: 'nothing can be set up from here; see `setup`',
  },
  remove: {
    dry: 'to be removed',
    done: 'done',
    not: 'not removed',
    none: 'nothing can be taken back from here; see its README',
  },
} as const;

async function applyAll({ io, loaded, remove }: Session, targets: readonly OpenTarget[]): Promise<number> {
  const words = BY_FLAG[remove === true ? 'remove' : 'apply'];
  let code = exitOk;
  for (const { target, values } of targets) {
    try {
      const work = remove === true ? target.removeSetup?.bind(target) : target.applySetup?.bind(target);
      if (!work && remove === true && target.setupRemoval) {
        io.stdout.write(target.setupRemoval());
        continue;
      }
      if (!work) {
        io.stdout.write(`${target.name}: ${words.none}\n`);
        continue;
      }
      const dry = await work(true, io.signal);
      io.stdout.write(`${target.name}: ${words.dry}\n${loaded.redactor.hide(dry.trimEnd())}\n`);
      if (values.dryRun) continue;
      const done = await work(false, io.signal);
      io.stdout.write(`${target.name}: ${words.done}\n${loaded.redactor.hide(done.trimEnd())}\n`);
    } catch (error) {
      code = exitFailed;
      io.stderr.write(printFailure(`${target.name}: ${words.not}`, error, loaded.redactor));
    } finally {
      await target.close();
    }
  }
  return code;
}
