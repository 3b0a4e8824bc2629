import { readFile, rm, writeFile } from 'node:fs/promises';
import { gatewayPage, redirectTo, type LapiFault, type LoggedRequest, databaseFault } from '@bouncer/sandbox';
import type { Cell } from './cell.ts';
import type { Lane } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { POLL, afterBackoff, afterHungPull, afterRefusal } from './promises.ts';
import type { Promised } from './promises.ts';

const TWO_HOURS = 2 * 3600 * 1000;
/** What /readyz says once the last good pull is older than three intervals. */
const STALE = /^the last pull of LAPI failed, the last good one is \d+ s old$/;
/** What it says from the first answer on that makes no sense. */
const PUZZLED = /^the last answer of LAPI was not understood, the last good pull is \d+ s old$/;
/** Seconds that a LAPI under load asks to be left alone for. */
const RETRY_AFTER = 45;
/** Seconds from one try to the next with a key that was refused. */
const MINUTE = 60;
/** Seconds from one full pull to the next where nothing else finds what is missing. */
const RESYNC = 180;

/** A LAPI that harms every answer in the same way, until it stops. */
function harmed(fault: Cell['fault'], how: LapiFault, error: RegExp, more: Partial<Cell> = {}): Cell {
  return {
    fault,
    inject: ({ lapi }) => {
      lapi.faults.always(how);
    },
    lift: ({ lapi }) => {
      lapi.faults.clear();
    },
    told: STALE,
    error,
    within: afterBackoff(),
    ...more,
  };
}

function answering(status: number, headers: Readonly<Record<string, string>> = {}): LapiFault {
  return { kind: 'answer', status, headers, body: JSON.stringify({ message: 'not now' }) };
}

/** The faults of LAPI and of the clock: the same for every connector. */
export function lapiCells(): Cell[] {
  return [
    {
      fault: 'lapi-refused',
      inject: ({ lapi }) => lapi.down(),
      lift: ({ lapi }) => lapi.up(),
      told: STALE,
      error: /connection refused/,
      within: afterBackoff(),
    },
    harmed('lapi-hang', { kind: 'hang', at: 'request' }, /no complete answer within (15|120) s/, {
      within: afterHungPull,
    }),
    harmed('lapi-hang-body', { kind: 'hang', at: 'body' }, /no complete answer within (15|120) s/, {
      within: afterHungPull,
    }),
    harmed('lapi-reset', { kind: 'drop', at: 'body' }, /connection lost/),
    harmed('lapi-truncated', { kind: 'truncate' }, /not an answer of LAPI's/, { told: PUZZLED }),
    harmed(
      'lapi-html',
      { kind: 'answer', status: 200, contentType: 'text/html', body: '<html><body>Welcome</body></html>' },
      /not an answer of LAPI's/,
      { told: PUZZLED },
    ),
    leftAlone('lapi-401', answering(401), /401/, { seconds: MINUTE, within: afterRefusal }),
    leftAlone('lapi-403', answering(403), /403/, { seconds: MINUTE, within: afterRefusal }),
    harmed('lapi-404', answering(404), /404: no LAPI at this path/),
    leftAlone('lapi-429', answering(429, { 'retry-after': String(RETRY_AFTER) }), /429/, {
      seconds: RETRY_AFTER,
      within: afterBackoff(RETRY_AFTER),
    }),
    harmed('lapi-5xx', gatewayPage(503), /503/),
    harmed('lapi-redirect', redirectTo('http://127.0.0.1:9/elsewhere'), /redirects elsewhere/),
    suddenlyEmpty(),
    suddenlyDouble(),
    keyRotated(),
    keyShared(),
    clockForward(),
    clockBack(),
  ];
}

/** A full pull with no decision in it, as a database error of LAPI 1.7.8 gives it: held until the list is back, at a full pull a minute. */
function suddenlyEmpty(): Cell {
  let holds = 0;
  return {
    fault: 'lapi-empty',
    inject: async (lane) => {
      holds = (await lane.state())?.guardHolds ?? 0;
      // The cut makes the pull behind it a full one.
      lane.lapi.faults.next({ kind: 'drop', at: 'body' });
      lane.lapi.faults.always(databaseFault());
    },
    observe: async (lane) => {
      await lane.until('removals are held', async () => ((await lane.state())?.guardHolds ?? 0) > holds);
    },
    lift: ({ lapi }) => {
      lapi.faults.clear();
    },
    within: () => MINUTE + POLL,
  };
}

function suddenlyDouble(): Cell {
  let more: readonly string[] = [];
  return {
    fault: 'lapi-double',
    inject: (lane) => {
      more = lane.ban(lane.live.size);
    },
    within: () => POLL,
    staysReady: true,
    restore: (lane) => {
      lane.unban(more);
    },
  };
}

function keyRotated(): Cell {
  return {
    fault: 'key-rotated',
    inject: async ({ lapi, keyFile }) => {
      const old = lapi.bouncers.list().find(({ key }) => key !== undefined);
      if (old) lapi.bouncers.delete(old.name);
      const next = `${await readFile(keyFile, 'utf8')}-next`;
      lapi.bouncers.add(next, next);
    },
    told: STALE,
    error: /40[13]/,
    lift: async ({ keyFile }) => {
      await writeFile(keyFile, `${await readFile(keyFile, 'utf8')}-next`);
    },
    within: afterRefusal,
  };
}

/**
 * The only file that a connector without files of its own reads: its key. What was read before still counts, even when
 * LAPI says no for once and the file is looked for again.
 */
export function keyFileDeleted<D extends MatrixDevice>(): Cell<D> {
  let key = '';
  return {
    fault: 'file-deleted',
    inject: async ({ lapi, keyFile }) => {
      key = await readFile(keyFile, 'utf8');
      await rm(keyFile);
      lapi.faults.next(answering(401));
    },
    error: /401/,
    within: afterRefusal,
    restore: ({ keyFile }) => writeFile(keyFile, key),
  };
}

/** Somebody else polls with our key from our address: LAPI gives each delta to whoever comes first. */
function keyShared(): Cell {
  const theft = { isOver: false };
  let thief: Promise<void> = Promise.resolve();
  let stolen = 0;
  return {
    fault: 'key-shared',
    // Only a resync finds what was stolen, and a quarter of an hour is long to wait for it.
    kills: true,
    inject: async (lane) => {
      const { lapi, keyFile, clock } = lane;
      await restart(lane, { CROWDSEC_RESYNC_INTERVAL: `${RESYNC}s` });
      theft.isOver = false;
      stolen = 0;
      const headers = { 'X-Api-Key': await readFile(keyFile, 'utf8') };
      const steal = async (): Promise<void> => {
        const answer = await fetch(`${lapi.url}/v1/decisions/stream?startup=false`, { headers });
        stolen += ((await answer.json()) as { new: unknown[] | null }).new?.length ?? 0;
        await clock.sleep(500);
      };
      thief = (async () => {
        while (!theft.isOver) await steal();
      })();
      thief.catch(() => undefined);
    },
    observe: async (lane) => {
      // The connector may have been first with the one ban; one more, until it was not.
      await lane.until('the other poller has a ban', () => {
        if (stolen === 0) lane.ban();
        return stolen > 0;
      });
    },
    lift: async () => {
      theft.isOver = true;
      await thief;
    },
    within: () => RESYNC,
    restore: (lane) => restart(lane),
  };
}

async function restart(lane: Lane, settings?: Readonly<Record<string, string>>): Promise<void> {
  await lane.connector.stop();
  lane.startConnector(settings);
  await lane.inStep();
}

/** Files with wall-clock ends are written anew, entries stay, and nobody calls a fresh pull old. */
function clockForward(): Cell {
  return {
    fault: 'clock-forward',
    inject: ({ connector }) => connector.tell({ setWall: TWO_HOURS }),
    observe: (lane) => pulls(lane, 3),
    lift: ({ connector }) => connector.tell({ setWall: -TWO_HOURS }),
    within: () => POLL,
    staysReady: true,
  };
}

function clockBack(): Cell {
  return {
    fault: 'clock-back',
    inject: async ({ connector, lapi }) => {
      await connector.tell({ setWall: -TWO_HOURS });
      await lapi.down();
    },
    told: STALE,
    error: /connection refused/,
    lift: async ({ connector, lapi }) => {
      await lapi.up();
      await connector.tell({ setWall: TWO_HOURS });
    },
    within: afterBackoff(),
  };
}

async function pulls(lane: Lane, count: number): Promise<void> {
  const end = lane.lapi.requests.pulls.length + count;
  await lane.until('more pulls', () => lane.lapi.requests.pulls.length >= end);
}

/** LAPI says no and is left alone for so long each time: from the first refusal on, since a backoff grows to that by itself. */
function leftAlone(
  fault: Cell['fault'],
  how: LapiFault,
  error: RegExp,
  { seconds, within }: { readonly seconds: number; readonly within: Promised },
): Cell {
  let refusals: readonly number[] = [];
  return {
    ...harmed(fault, how, error),
    inject: ({ lapi, clock }) => {
      const moments: number[] = [];
      const note = (): void => {
        moments.push(clock.now() / 1000);
        void lapi.requests.next(isRefused).then(note);
      };
      void lapi.requests.next(isRefused).then(note);
      refusals = moments;
      lapi.faults.always(how);
    },
    observe: async ({ until }) => {
      await until('two refused pulls', () => refusals.length > 1);
      const pauses = refusals.slice(1).map((at, index) => at - (refusals[index] ?? 0));
      const shortest = Math.min(...pauses);
      // Both are heard of late, the second one perhaps less so.
      if (shortest < 0.9 * seconds) throw new Error(`asked again after ${Math.round(shortest)} s, not ${seconds}`);
    },
    within,
  };
}

function isRefused({ kind, status }: LoggedRequest): boolean {
  return kind === 'stream' && [401, 403, 429].includes(status ?? 0);
}
