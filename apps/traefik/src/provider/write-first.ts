import type { ApplyReport, Changes, FileTarget } from '@bouncer/target';

const nothing: Changes = { create: [], update: [], delete: [] };
const unheard: ApplyReport = { written: () => undefined, removed: () => undefined, refused: () => undefined };

/**
 * Writes what is missing, with the entries that the files hold already. For the start: routers that name a middleware that is
 * not there answer 404, however long the first decisions take.
 */
export async function writeFirst(files: FileTarget, signal: AbortSignal): Promise<void> {
  await files.open(signal);
  const { held, needsApply } = await files.list(signal);
  if (needsApply === true) await files.apply(nothing, held, unheard, signal);
}
