import { writeFileSync } from 'node:fs';
import { pfSenseMissing, smallDiskMissing, until } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FiveKinds, names, type Name, type State, type TargetState } from './five-kinds.ts';

/** One device in trouble. */
interface Trouble {
  readonly target: Name;
  readonly name: string;
  begin(world: FiveKinds): void | Promise<void>;
  /** Without it the trouble is over once it has struck. */
  end?(world: FiveKinds): void | Promise<void>;
  /** What the target says of it while it lasts; undefined where it may be over before anybody looks. */
  readonly error?: RegExp;
  /** The device takes part of what it is given: it is told to be full, or its list is cut to the room that it names. */
  readonly isShort?: 'full' | 'cut';
  /** True where it is given up only after most of a minute: until then nothing is told, and the others must not have waited for it. */
  readonly isSilent?: boolean;
  /** Seconds that the target stays away on purpose: they are skipped. */
  readonly pause?: number;
}

/** What a full router had room for is tried to be exceeded after so long, in seconds. */
const OFFERED_AGAIN = 600;
/** A login that was refused is tried again after a minute. */
const LOGIN_RETRY = 66;

const troubles: readonly Trouble[] = [
  {
    target: 'mikrotik',
    name: 'refuses',
    begin: ({ router }) => router.refuse(),
    end: ({ router }) => router.listen(),
    error: /connection refused/,
  },
  {
    target: 'mikrotik',
    name: 'accepts and never answers',
    begin: ({ router }) => {
      router.hang();
    },
    end: ({ router }) => {
      router.resume();
    },
    error: /has not answered|no answer/,
  },
  {
    target: 'mikrotik',
    name: 'cut in the middle of an apply',
    begin: ({ router }) => {
      router.rstMidWindow(0, 'write');
    },
  },
  {
    target: 'mikrotik',
    name: 'full',
    begin: ({ router }) => {
      // What is pardoned meanwhile must not make room enough.
      router.entriesLimit = router.rows().length - 4;
    },
    end: ({ router }) => {
      router.entriesLimit = undefined;
    },
    isShort: 'full',
    pause: OFFERED_AGAIN,
  },
  {
    target: 'mikrotik',
    name: 'credentials changed',
    begin: ({ router }) => {
      router.setPassword('crowdsec', 'another one');
      router.kill();
    },
    end: ({ passwordFile }) => {
      writeFileSync(passwordFile, 'another one');
    },
    error: /invalid user name or password/,
    pause: LOGIN_RETRY,
  },
  {
    target: 'pfsense',
    name: 'refuses',
    begin: ({ firewall }) => {
      firewall.link.down();
    },
    end: ({ firewall }) => firewall.link.up(),
    error: /connection refused/,
  },
  {
    target: 'pfsense',
    name: 'accepts and never answers',
    begin: ({ firewall }) => {
      firewall.link.mood = 'hang';
    },
    end: ({ firewall }) => {
      firewall.link.mood = 'open';
    },
    isSilent: true,
    error: /no answer/,
  },
  {
    target: 'pfsense',
    name: 'full',
    begin: ({ firewall: { firewall } }) => {
      firewall.limits.tableEntries = firewall.total();
    },
    end: ({ firewall: { firewall } }) => {
      firewall.limits.tableEntries = 400_000;
    },
    isShort: 'cut',
  },
  {
    target: 'nginx',
    name: 'disk full',
    begin: ({ disk }) => {
      disk.fill();
    },
    end: ({ disk }) => {
      disk.free();
    },
    error: /ENOSPC/,
  },
  {
    target: 'nginx',
    name: 'folder read-only',
    begin: ({ disk }) => {
      disk.setReadOnly(true);
    },
    end: ({ disk }) => {
      disk.setReadOnly(false);
    },
    error: /EROFS/,
  },
  {
    target: 'haproxy',
    name: 'refuses',
    begin: ({ haproxy }) => haproxy.down(),
    end: ({ haproxy }) => haproxy.up(),
    error: /ENOENT|ECONNREFUSED/,
  },
  {
    target: 'haproxy',
    name: 'accepts and never answers',
    begin: ({ haproxy }) => {
      haproxy.mood = 'hang';
    },
    end: ({ haproxy }) => {
      haproxy.mood = 'well';
      haproxy.hangUp();
    },
    isSilent: true,
    error: /no whole answer/,
  },
  {
    target: 'haproxy',
    name: 'cut in the middle of an apply',
    begin: ({ haproxy }) => {
      haproxy.mood = 'cut';
    },
  },
];

const missing = (await pfSenseMissing()) ?? smallDiskMissing();

describe.skipIf(missing !== undefined)(`one of five targets is in trouble (${missing ?? 'ready'})`, () => {
  let world: FiveKinds;
  let count = 0;
  const figures: string[] = [];
  const next = (): string => `45.91.0.${(count += 1)}`;

  beforeAll(async () => {
    world = await FiveKinds.start(Array.from({ length: 120 }, (_, index) => `45.83.0.${index + 1}`));
  });
  afterAll(async () => {
    process.stdout.write(`seconds from a ban until the others have it:\n${figures.join('\n')}\n`);
    await world[Symbol.asyncDispose]();
  });

  function targetOf(state: State | undefined, name: Name): TargetState | undefined {
    return state?.targets.find((target) => target.name === name);
  }

  /** These and no others stop the address, but for the target that is not asked. */
  async function reaches(address: string, wanted: readonly Name[], but?: Name): Promise<number> {
    const all = wanted.filter((name) => name !== but).join();
    return until(`${address} is stopped by ${all}: ${world.connector.stdout.slice(-2000)}`, async () => {
      const found = await world.stopping(address);
      return found.filter((name) => name !== but).join() === all;
    });
  }

  async function inStep(): Promise<void> {
    await until(
      `all are ready: ${world.connector.stdout.slice(-2000)}`,
      async () => (await world.state())?.ready === true,
    );
  }

  it.each(troubles)(
    '$target $name: the others do not notice, it alone is named, and it is right again afterwards',
    async (trouble) => {
      const { target, error, isSilent = false, isShort, pause = 0 } = trouble;
      const others = names.filter((name) => name !== target);
      const [before, during] = [next(), next()];
      world.lapi.decisions.add({ value: before, duration: 20 * 86_400 });
      await reaches(before, names);
      await inStep();
      const failures = new Map((await world.state())?.targets.map((each) => [each.name, each.failures]));

      let isOver = false;
      // One that lasts would fail every test after this one.
      onTestFinished(async () => {
        if (!isOver) await trouble.end?.(world);
      });
      await trouble.begin(world);
      world.lapi.decisions.add({ value: during, duration: 20 * 86_400 });
      const seconds = await reaches(during, names, target);
      // By now it is busy with the ban, and the others must not wait for it with what comes next.
      world.lapi.decisions.delete({ value: before });
      await reaches(before, [], target);
      figures.push(`  ${target} ${trouble.name}: ${seconds.toFixed(1)}`);
      // Had they waited for it, it would have been given up by now.
      if (isSilent) expect(targetOf(await world.state(), target)?.failures).toBe(failures.get(target));

      let state: State | undefined;
      const isTold = (): boolean => {
        const sick = targetOf(state, target);
        if (isShort === 'cut') return (sick?.skipped['over MAX_ENTRIES'] ?? 0) > 0;
        if (state?.ready !== false) return false;
        return isShort === 'full' ? sick?.isFull === true : error?.test(sick?.lastError?.message ?? '') === true;
      };
      if (error || isShort) {
        await until(`${target} tells of it`, async () => {
          state = await world.state();
          return isTold();
        });
        expect(state?.reasons.filter((reason) => !reason.startsWith(`${target} `))).toEqual([]);
      }
      state = await world.state();
      for (const name of others)
        expect(targetOf(state, name)).toMatchObject({
          name,
          state: 'in-step',
          refused: 0,
          failures: failures.get(name),
        });

      await trouble.end?.(world);
      isOver = true;
      if (pause > 0) await world.skip(pause);
      await reaches(during, names);
      await reaches(before, []);
      await inStep();
      expect((await world.state())?.targets.map((each) => each.state)).toEqual(names.map(() => 'in-step'));
    },
  );

  it('the same process has lived through all of it', async () => {
    expect(await world.connector.stop()).toBe(0);
  });
});
