import { decisionMix, until } from '@bouncer/sandbox';
import { Bouncer } from './bouncer.ts';
import { ATTACKER, inside } from './isolation.ts';
import type { Kept } from './kept.ts';
import { demoLapi, type DemoLapi } from './lapi.ts';
import type { Options } from './options.ts';
import { say } from './say.ts';
import type { Look, Stage } from './stage.ts';
import { stageKinds } from './stages.ts';
import { Watch, waitFor } from './watch.ts';

/** From an address that is banned to the last target that holds it; LAPI is asked every 2 s. Seconds. */
const ACT_SECONDS = 30;
const COLD_SECONDS = 120;

/** Shows every act at every kind that is not missing; what was not seen, a line each. */
export async function show(
  { realLapi, kinds, page }: Options,
  missing: Readonly<Record<string, string>>,
  kept: Kept,
): Promise<{ readonly missed: readonly string[]; readonly bouncer?: Bouncer }> {
  const lapi = await kept.keep(() => demoLapi(realLapi, decisionMix({ capi: 15_000, lists: 3000, local: 40 })));
  say('lapi', lapi.kind, `${count(lapi.decisions)} decisions at ${lapi.url}`);
  const stages = await setUp(
    kinds.filter((kind) => !(kind in missing)),
    kept,
  );
  if (stages.size === 0) return { missed: ['any kind: none can be shown here'] };
  const listen = inside() ? `127.0.0.1:${page.port}` : `${page.host}:${page.port}`;
  const bouncer = await kept.keep(() => Promise.resolve(new Bouncer(lapi, stages, listen)));
  const demo = new Demo(lapi, stages, bouncer);
  await demo.coldStart(`http://${page.host}:${page.port}/`);
  await demo.ban();
  await demo.restart();
  await demo.unban();
  await demo.memory();
  return { missed: demo.missed, bouncer };
}

class Demo {
  readonly missed: string[] = [];
  readonly #lapi: DemoLapi;
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #bouncer: Bouncer;
  #peak = 0;

  constructor(lapi: DemoLapi, stages: ReadonlyMap<string, Stage>, bouncer: Bouncer) {
    this.#lapi = lapi;
    this.#stages = stages;
    this.#bouncer = bouncer;
  }

  async coldStart(url: string): Promise<void> {
    this.#bouncer.start();
    say('process', 'bouncer', `one process, one pull, ${this.#targets}; page: ${url}`);
    const seconds = await this.#ready();
    for (const stage of this.#stages.values()) await stage.filled?.();
    say('in step', 'all', `every target holds its list after ${seconds.toFixed(1)} s`);
    // What lets nobody in could not show that it stops somebody.
    await this.#all('let in', (kind, look) => {
      if (look.state !== 'let in') this.#miss('before', kind, `${ATTACKER} is not let in before its ban: ${look.seen}`);
    });
  }

  async ban(): Promise<void> {
    await this.#lapi.ban(ATTACKER);
    await this.#act('ban', 'stopped');
  }

  async unban(): Promise<void> {
    await this.#lapi.unban(ATTACKER);
    await this.#act('unban', 'let in');
  }

  /** What an update of its container does: the same list again, nothing to write, and no gap. */
  async restart(): Promise<void> {
    this.#peak = await this.#bouncer.peak();
    const watches = [...this.#stages].map(([kind, stage]) => ({ kind, stage, watch: new Watch(stage, ATTACKER) }));
    const code = await this.#bouncer.stop();
    if (code !== 0) this.#miss('restart', 'bouncer', `ended with exit ${code}`);
    // Only now: a process that ends brings to disk what it had not yet.
    for (const stage of this.#stages.values()) await stage.writes();
    this.#bouncer.start();
    await this.#ready();
    const results = await Promise.all(watches.map(async (each) => ({ ...each, ...(await each.watch.end()) })));
    for (const { kind, stage, looks, letIn } of results) {
      const writes = await stage.writes();
      const text = `${writes === 0 ? 'nothing' : count(writes)} written again; kept out at ${looks - letIn} of ${looks} looks`;
      if (writes > 0 || letIn > 0) this.#miss('restart', kind, text);
      else say('restart', kind, text);
    }
  }

  async memory(): Promise<void> {
    const peak = Math.max(this.#peak, await this.#bouncer.peak());
    say('memory', 'bouncer', `${peak.toFixed(0)} MB at its peak (VmHWM) with ${this.#targets}`);
  }

  get #targets(): string {
    return this.#stages.size === 1 ? '1 target' : `${this.#stages.size} targets`;
  }

  async #act(act: string, state: Look['state']): Promise<void> {
    await this.#all(state, (kind, look, seconds) => {
      const text = `${look.state} after ${seconds.toFixed(1)} s: ${look.seen}`;
      if (look.state === state) say(act, kind, `${ATTACKER} ${text}`);
      else this.#miss(act, kind, `${ATTACKER} not ${state}, but ${text}`);
    });
  }

  /** Waits for all at once, and tells of them in their order. */
  async #all(state: Look['state'], tell: (kind: string, look: Look, seconds: number) => void): Promise<void> {
    const waits = [...this.#stages].map(
      async ([kind, stage]) => [kind, await waitFor(stage, ATTACKER, state, ACT_SECONDS)] as const,
    );
    for (const wait of waits) {
      const [kind, { look, seconds }] = await wait;
      tell(kind, look, seconds);
    }
  }

  async #ready(): Promise<number> {
    let isOver = false;
    void this.#bouncer.ended.then(() => (isOver = true));
    try {
      return await until(
        'every target in step',
        async () => {
          if (isOver) throw new Error('the process has ended');
          await new Promise((resolve) => setTimeout(resolve, 50));
          return this.#bouncer.isReady();
        },
        COLD_SECONDS,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}; it said last:\n${this.#bouncer.output}`, { cause: error });
    }
  }

  #miss(act: string, kind: string, text: string): void {
    say(act, kind, `NOT SEEN: ${text}`);
    this.missed.push(`${act} ${kind}`);
  }
}

async function setUp(kinds: readonly string[], kept: Kept): Promise<ReadonlyMap<string, Stage>> {
  const stages = new Map<string, Stage>();
  for (const kind of kinds) {
    const stageKind = stageKinds.get(kind);
    if (!stageKind) continue;
    const stage = await kept.keep(() => stageKind.start());
    stages.set(kind, stage);
    say('target', kind, stage.what);
  }
  return stages;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
