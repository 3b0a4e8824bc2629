import type { Cell } from './cell.ts';
import type { Lane } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { Watch } from './watch.ts';

/** What was measured in one cell; seconds and minutes are the connector's own. */
export interface CellFigures {
  /** From the end of the fault until all was right again. */
  readonly recoverySeconds: number;
  /** Looks at the device. */
  readonly looks: number;
  readonly lapiPerMinute: number;
  readonly devicePerMinute: number;
}

/** Longest wait of the contract after failures (5 min) and one more poll, in seconds. */
const LONGEST_RECOVERY = 320;
/**
 * For `within`, in seconds: a list emptied by somebody else is healed after 60 to 90 s of the contract, and some more for a
 * machine that is busy, since it counts many times in fast time.
 */
export const LATEST_HEAL = 150;
/** Three times what an idle connector asks; a hot loop would ask thousands. */
const LAPI_PER_MINUTE = 20;
/** Of these, 24 are ours: whoever looks at /status.json all the time has drop counters read every 10 s (RouterOS: 4 listings). */
const DEVICE_PER_MINUTE = 64;

/** Strikes a connector that is in step with one fault. @throws Error that names every promise that was broken. */
export async function runCell<D extends MatrixDevice>(lane: Lane<D>, cell: Cell<D>): Promise<CellFigures> {
  await lane.inStep();
  const ends = lane.ends.length;
  const watch = new Watch(lane);
  const broken: string[] = [];
  try {
    await watch.look(2);
    if (cell.emptied) watch.allowGaps();
    await cell.inject(lane);
    if (!cell.quiet) giveNews(lane);
    await isTold(lane, cell);
    await cell.observe?.(lane);
    await watch.look(2);
    await cell.lift(lane);
    const lifted = lane.clock.now();
    if (cell.skip !== undefined) await lane.skip(cell.skip);
    await lane.inStep();
    const recoverySeconds = (lane.clock.now() - lifted) / 1000 - (cell.skip ?? 0);
    if (cell.quiet) giveNews(lane);
    await lane.inStep();
    await watch.look(1);
    if (recoverySeconds > (cell.within ?? LONGEST_RECOVERY))
      broken.push(`it took ${Math.round(recoverySeconds)} s to recover`);
    const figures: CellFigures = {
      recoverySeconds: Math.max(0, recoverySeconds),
      looks: watch.looks,
      lapiPerMinute: watch.lapiPerMinute,
      devicePerMinute: watch.devicePerMinute,
    };
    await watch.stop();
    broken.push(...judge(watch, cell, figures));
    if (!cell.kills && lane.ends.length !== ends) broken.push(`the connector ended with ${String(lane.ends.at(-1))}`);
    await cell.restore?.(lane);
    if (broken.length > 0) throw new Error(broken.join('\n'));
    return figures;
  } finally {
    await watch.stop();
  }
}

function giveNews<D extends MatrixDevice>(lane: Lane<D>): void {
  lane.ban();
  lane.unban();
}

/** The state must be told truly: by /readyz for machines, by /status.json for people. */
async function isTold<D extends MatrixDevice>(lane: Lane<D>, { told, error }: Cell<D>): Promise<void> {
  let reasons: readonly string[] = [];
  let errors: readonly string[] = [];
  const what = () => `told ${String(told)} ${String(error)}; last: ${[...reasons, ...errors].join('; ')}`;
  if (told === undefined && error === undefined) return;
  await lane
    .until('', async () => {
      const state = await lane.state();
      if (!state) return false;
      ({ reasons, errors } = state);
      const isReason = told === undefined || (!state.ready && reasons.some((reason) => told.test(reason)));
      return isReason && (error === undefined || errors.some((one) => error.test(one)));
    })
    .catch((failure: unknown) => {
      throw new Error(`${what()}\n${String(failure)}`);
    });
}

function judge<D extends MatrixDevice>(watch: Watch<D>, cell: Cell<D>, figures: CellFigures): string[] {
  const broken = watch.gaps.slice(0, 5).map((gap) => `a live ban was lost: ${gap}`);
  const { lapiPerMinute = LAPI_PER_MINUTE, devicePerMinute = DEVICE_PER_MINUTE } = cell;
  if (figures.lapiPerMinute > lapiPerMinute) broken.push(`${figures.lapiPerMinute} requests a minute at LAPI`);
  if (figures.devicePerMinute > devicePerMinute) broken.push(`${figures.devicePerMinute} a minute at the device`);
  if (cell.staysReady && watch.unready.size > 0) broken.push(`not ready: ${[...watch.unready].join('; ')}`);
  return broken;
}
