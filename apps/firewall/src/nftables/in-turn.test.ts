import { describe, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

/** A list of what happened, and an `act` that says so. */
function recorder(failing?: number) {
  const events: string[] = [];
  const act = async (item: number, turn: Promise<unknown>): Promise<void> => {
    events.push(`prepare ${item}`);
    await turn;
    if (item === failing) throw new Error(`no ${item}`);
    events.push(`act ${item}`);
  };
  const done = (item: number): void => {
    events.push(`done ${item}`);
  };
  return { events, act, done };
}

function order(events: readonly string[], ...wanted: readonly string[]): void {
  expect(events.filter((event) => wanted.includes(event))).toEqual(wanted);
}

describe('in turn', () => {
  it('acts and tells in order, and prepares one ahead', async () => {
    const { events, act, done } = recorder();
    await inTurn([1, 2, 3], act, done);
    order(events, 'act 1', 'act 2', 'act 3');
    order(events, 'done 1', 'done 2', 'done 3');
    order(events, 'prepare 2', 'done 1');
    order(events, 'done 1', 'prepare 3', 'done 2');
  });

  it('lets the one that waits act before it goes on to compute', async () => {
    const { events, act, done } = recorder();
    await inTurn([1, 2, 3], act, done);
    order(events, 'act 2', 'done 1');
    order(events, 'act 3', 'done 2');
  });

  it.each([1, 2, 3])('does nothing more once number %d has failed', async (failing) => {
    const { events, act, done } = recorder(failing);
    await expect(inTurn([1, 2, 3], act, done)).rejects.toThrow(`no ${failing}`);
    const did = Array.from({ length: failing - 1 }, (_, index) => `done ${index + 1}`);
    expect(events.filter((event) => event.startsWith('done'))).toEqual(did);
    expect(events.filter((event) => event.startsWith('act'))).toHaveLength(failing - 1);
  });

  it('takes an empty list', async () => {
    const { events, act, done } = recorder();
    await inTurn([], act, done);
    expect(events).toEqual([]);
  });
});
