import { listBy, programOf } from '@bouncer/testkit';
import { runCommandLine } from '@bouncer/cli';
import type { Kind, AnyTarget } from '@bouncer/target';
import { startLapi, startPfSense, type LapiSandbox, type PfSenseOptions, type PfSenseSandbox } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { kind } from '../src/kind.ts';
import { keyFile, publicKey } from './fixture.ts';

/** Who sleeps when nothing is to be done: the stream until its next poll, the device's worker, the usage reporter. */
const SLEEPERS = 3;
/** Nothing of the test takes as long; milliseconds. */
const STUCK = 30_000;

/**
 * `run` with its default settings, in this process, between the LAPI stand-in and a firewall with a real sshd, on a clock
 * that stands still until it is moved: minutes pass in as long as their commands take.
 */
export class World implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly lapi: LapiSandbox;
  readonly pfsense: PfSenseSandbox;
  /** Its settings. */
  readonly env: Readonly<Record<string, string>>;
  #stop = new AbortController();
  #running: Promise<number> | undefined;
  /** Calls to the device that have not come back. */
  #busy = 0;
  log = '';

  private constructor(lapi: LapiSandbox, pfsense: PfSenseSandbox, clock: ManualClock, env: Record<string, string>) {
    this.lapi = lapi;
    this.pfsense = pfsense;
    this.clock = clock;
    this.env = {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      PFSENSE_HOST: `127.0.0.1:${pfsense.port}`,
      PFSENSE_SSH_KEY_FILE: keyFile,
      PFSENSE_HOST_KEY: pfsense.hostKeyFingerprint,
      HTTP_LISTEN: 'off',
      ...env,
    };
  }

  /** A firewall and a LAPI with these bans; `run` is not started yet. */
  static async create(
    bans: readonly string[],
    options: PfSenseOptions = {},
    env: Record<string, string> = {},
  ): Promise<World> {
    const clock = new ManualClock();
    const decisions = bans.map((value) => ({ value, duration: 40_000 }));
    const lapi = await startLapi({ clock, decisions });
    const pfsense = await startPfSense(options);
    pfsense.setKeys('admin', [publicKey]);
    return new World(lapi, pfsense, clock, env);
  }

  /** Starts `run`, which has not done anything yet. */
  start(): void {
    this.#stop = new AbortController();
    const write = (text: string): void => void (this.log = (this.log + text).slice(-20_000));
    const { program, env } = programOf(this.#watched());
    this.#running = runCommandLine(program, ['run'], {
      stdout: { write },
      stderr: { write },
      env: { ...env, ...this.env },
      clock: this.clock,
      signal: this.#stop.signal,
      configFolder: '/nowhere',
    });
  }

  /** Lets so many seconds pass, each when what the one before has brought is done. */
  async pass(seconds: number): Promise<void> {
    await this.rest();
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.advance(1000);
      await this.rest();
    }
  }

  /** How many seconds pass until it holds; Infinity when it does not within `most`. */
  async until(holds: () => boolean, most: number): Promise<number> {
    await this.rest();
    for (let second = 0; second < most; second += 1) {
      if (holds()) return second;
      await this.pass(1);
    }
    return holds() ? most : Infinity;
  }

  /** Waits until everybody sleeps: then only the clock can bring something new. */
  async rest(): Promise<void> {
    const start = performance.now();
    for (let calm = 0; calm < 4; calm += 1) {
      await turn();
      if (this.#busy === 0 && this.clock.sleeping >= SLEEPERS) continue;
      // A firewall that does not answer leaves a call open until the clock moves.
      if (this.pfsense.link.mood === 'hang' && performance.now() - start > 20) return;
      if (performance.now() - start > STUCK) throw new Error(`it does not come to rest:\n${this.log}`);
      calm = -1;
      await delay(1);
    }
  }

  /** Ends `run` as its users do. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.#running;
    this.#running = undefined;
  }

  /** Ends it as `kill -9` does: to the firewall the line is dead, and nothing more is said. */
  async kill(): Promise<void> {
    const { link } = this.pfsense;
    link.mood = 'refuse';
    link.cut();
    await this.stop();
    link.mood = 'open';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) await this.kill();
    await this.pfsense.close();
    await this.lapi.close();
  }

  /** The kind, its calls to the device counted. */
  #watched(): Kind {
    const count = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#busy += 1;
      try {
        return await work();
      } finally {
        this.#busy -= 1;
      }
    };
    const watch = (target: AnyTarget): AnyTarget => ({
      name: target.name,
      open: (signal) => count(() => target.open(signal)),
      list: (signal) => count(() => listBy(target, signal)),
      apply: (changes, held, report, signal) => count(() => target.apply(changes, held, report, signal)),
      verify: (held, signal) => count(() => target.verify(held, signal)),
      check: (signal) => target.check(signal),
      setup: () => target.setup(),
      close: () => count(() => target.close()),
    });
    return {
      ...kind,
      createTargets: async (values, context) => (await kind.createTargets(values, context)).map(watch),
    };
  }
}
