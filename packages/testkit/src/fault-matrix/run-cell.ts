import type { Cell } from './cell.ts';
import type { Lane } from './lane.ts';
import { MachineLoad } from './machine-load.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { POLL, TOLD } from './promises.ts';
import { Watch } from './watch.ts';

/** What was measured in one cell; seconds and minutes are the connector's own. */
export interface CellFigures {
  /** From the end of the fault until all was right again. */
  readonly recoverySeconds: number;
  /** What was promised for that, and what is granted on top of it for the machine's own time. */
  readonly promisedSeconds: number;
  readonly grantedSeconds: number;
  /** How fast time ran. */
  readonly speed: number;
  /** Looks at the device. */
  readonly looks: number;
  readonly lapiPerMinute: number;
  readonly devicePerMinute: number;
}

/**
 * Milliseconds that an idle machine may take: to start a program, to log in, to write, to look. Nobody makes it faster, so
 * in fast time they count `speed` times.
 */
export const MACHINE_TIME = 1000;
/** Three times what an idle connector asks; a hot loop would ask thousands. */
const LAPI_PER_MINUTE = 20;
/** Of these, 24 are ours: whoever looks at /status.json all the time has drop counters read every 10 s (RouterOS: 4 listings). */
const DEVICE_PER_MINUTE = 90;

/** Nothing went wrong but that it took long: in fast time a slow machine looks like a connector that waits. */
export class TooLate extends Error {}

/**
 * Strikes a connector that is in step with one fault. What a busy machine adds is granted only when it `isLast`: before
 * that, time can still be slowed down, which shows more.
 * @throws TooLate when it only took longer than promised, else an Error that names every promise that was broken.
 */
export async function runCell<D extends MatrixDevice>(
  lane: Lane<D>,
  cell: Cell<D>,
  isLast: boolean,
): Promise<CellFigures> {
  await lane.inStep();
  const ends = lane.ends.length;
  const load = new MachineLoad();
  const watch = new Watch(lane);
  try {
    await watch.look(2);
    const before = await lane.state();
    if (cell.emptied) watch.allowGaps();
    await cell.inject(lane);
    if (!cell.quiet) giveNews(lane);
    const toldSeconds = await isTold(lane, cell);
    await cell.observe?.(lane);
    if (cell.lift) await watch.look(2);
    const failedPulls = ((await lane.state())?.failedPulls ?? 0) - (before?.failedPulls ?? 0) + 1;
    await cell.lift?.(lane);
    const recoverySeconds = await recovery(lane, cell);
    const newsSeconds = cell.quiet ? await newsTakes(lane) : 0;
    await watch.look(1);
    const figures: CellFigures = {
      recoverySeconds,
      promisedSeconds: (cell.within ?? (({ healed }) => healed))({ failedPulls, healed: lane.healed }),
      grantedSeconds:
        ((isLast ? load.slowness : 1) * lane.clock.speed * (MACHINE_TIME + (lane.device.settleMs ?? 0))) / 1000,
      speed: lane.clock.speed,
      looks: watch.looks,
      lapiPerMinute: watch.lapiPerMinute,
      devicePerMinute: watch.devicePerMinute,
    };
    await watch.stop();
    const broken = judge(watch, cell, figures);
    if (!cell.kills && lane.ends.length !== ends) broken.push(`the connector ended with ${String(lane.ends.at(-1))}`);
    const late = judgeTime(watch, cell, { ...figures, toldSeconds, newsSeconds });
    await cell.restore?.(lane);
    if (broken.length > 0) throw new Error([...broken, ...late].join('\n'));
    if (late.length > 0) throw new TooLate(late.join('\n'));
    return figures;
  } finally {
    await watch.stop();
  }
}

/** Seconds until all is right, from now on; a wait that is skipped does not count. */
async function recovery<D extends MatrixDevice>(lane: Lane<D>, cell: Cell<D>): Promise<number> {
  const { skip = 0 } = cell;
  const over = lane.clock.now();
  if (skip > 0) await lane.skip(skip);
  await lane.inStep(() => cell.healed?.(lane) ?? true);
  return Math.max(0, (lane.clock.now() - over) / 1000 - skip);
}

async function newsTakes<D extends MatrixDevice>(lane: Lane<D>): Promise<number> {
  giveNews(lane);
  return lane.inStep();
}

function giveNews<D extends MatrixDevice>(lane: Lane<D>): void {
  lane.ban();
  lane.unban();
}

/** The state must be told truly: by /readyz for machines, by /status.json for people. Gives the seconds until it was. */
async function isTold<D extends MatrixDevice>(lane: Lane<D>, { told, error }: Cell<D>): Promise<number> {
  let reasons: readonly string[] = [];
  let errors: readonly string[] = [];
  const what = () => `told ${String(told)} ${String(error)}; last: ${[...reasons, ...errors].join('; ')}`;
  if (told === undefined && error === undefined) return 0;
  return lane
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
  return broken;
}

/** What a slow machine can break as well. */
function judgeTime<D extends MatrixDevice>(
  watch: Watch<D>,
  cell: Cell<D>,
  figures: CellFigures & { readonly newsSeconds: number; readonly toldSeconds: number },
): string[] {
  const { recoverySeconds, promisedSeconds, grantedSeconds, newsSeconds, toldSeconds } = figures;
  const late: string[] = [];
  const granted = `and ${Math.round(grantedSeconds)} s for the machine`;
  if (recoverySeconds > promisedSeconds + grantedSeconds)
    late.push(`it took ${Math.round(recoverySeconds)} s to recover, not ${promisedSeconds} s ${granted}`);
  if (toldSeconds > TOLD + grantedSeconds)
    late.push(`it was told after ${Math.round(toldSeconds)} s, not ${TOLD} s ${granted}`);
  if (newsSeconds > POLL + grantedSeconds)
    late.push(`news took ${Math.round(newsSeconds)} s, not ${POLL} s ${granted}`);
  if (cell.staysReady && watch.unready.size > 0) late.push(`not ready: ${[...watch.unready].join('; ')}`);
  return late;
}
