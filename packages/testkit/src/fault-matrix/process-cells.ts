import type { Cell } from './cell.ts';
import type { Lane } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { STOPPED } from './promises.ts';
import { MACHINE_TIME, TooLate } from './run-cell.ts';

const ENDINGS = ['term', 'kill', 'memory'] as const;
const MOMENTS = ['idle', 'start', 'pull', 'apply'] as const;
type Ending = (typeof ENDINGS)[number];
type Moment = (typeof MOMENTS)[number];

/**
 * Ends of the process at each moment, and a new start as an init system or a container engine would make it. SIGKILL is
 * also what the kernel's own out-of-memory killer sends; `memory` is V8 at the limit of its heap.
 */
export function processCells(moments: readonly Moment[] = MOMENTS): Cell[] {
  return ENDINGS.flatMap((ending) => moments.map((moment) => ended(ending, moment)));
}

function ended(ending: Ending, moment: Moment): Cell {
  return {
    fault: `${ending}-${moment}`,
    kills: true,
    inject: async (lane) => {
      const goOn = await reach(lane, moment);
      await end(lane, ending);
      await goOn();
    },
    lift: (lane) => {
      lane.startConnector();
    },
  };
}

/** Waits for the moment; gives what lets LAPI or the device go on. */
async function reach<D extends MatrixDevice>(lane: Lane<D>, moment: Moment): Promise<() => void | Promise<void>> {
  if (moment === 'pull') {
    lane.lapi.faults.always({ kind: 'hang', at: 'body' });
    await lane.until('a pull is under way', () => lane.lapi.requests.pulls.at(-1)?.ended === false);
    return () => {
      lane.lapi.faults.clear();
    };
  }
  if (moment === 'start') {
    await end(lane, 'kill');
    const before = lane.lapi.requests.pulls.length;
    lane.lapi.faults.always({ kind: 'hang', at: 'body' });
    lane.startConnector();
    await lane.until('its first pull is under way', () => lane.lapi.requests.pulls.length > before);
    return () => {
      lane.lapi.faults.clear();
    };
  }
  if (moment === 'apply') {
    const held = lane.device.holdApply?.();
    if (!held) throw new Error('this device cannot be held in the middle of an apply');
    lane.ban(3);
    await lane.until('an apply is under way', held.reached);
    return () => held.release();
  }
  return () => undefined;
}

async function end<D extends MatrixDevice>(lane: Lane<D>, ending: Ending): Promise<void> {
  const { connector } = lane;
  if (ending === 'memory') {
    await connector.tell({ runOutOfMemory: true });
    await connector.ended;
    if (!connector.stderr.includes('heap out of memory')) throw new Error(`it ended otherwise: ${connector.stderr}`);
    return;
  }
  const before = lane.ends.length;
  void connector.stop(ending === 'term' ? 'SIGTERM' : 'SIGKILL');
  const took = await lane.until('it has stopped', () => lane.ends.length > before);
  if (ending === 'term' && took > STOPPED + lane.clock.speed * (MACHINE_TIME / 1000))
    throw new TooLate(`SIGTERM ended it after ${Math.round(took)} s, not ${STOPPED} s`);
  if (ending === 'term' && lane.ends.at(-1) !== 0) throw new Error(`SIGTERM ended it with ${String(lane.ends.at(-1))}`);
}
