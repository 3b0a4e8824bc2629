import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ConnectorProcess, freePort, startLapi, type LapiSandbox } from '@bouncer/sandbox';
import { FastClock } from './fast-clock.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { readState } from './state.ts';
import type { ConnectorState } from './state.ts';

/** Bans that hold all the time: more than the guard against mass removals needs, and of every kind. */
const BASE = [
  ...Array.from({ length: 110 }, (_, index) => `45.83.${index >> 4}.${(index & 15) + 1}`),
  ...Array.from({ length: 12 }, (_, index) => `45.84.${index * 2}.0/24`),
  ...Array.from({ length: 24 }, (_, index) => `2a01:4f8:${(index + 1).toString(16)}::1`),
  '2a01:4f9:1::/48',
];
/** Long enough to outlast every test in fast time, in seconds. */
const BAN_SECONDS = 20 * 86_400;
/** Something that was waited for counts as never happening after so many milliseconds of fast time, and of real time. */
const TIMEOUT_MS = { fast: 600_000, real: 150_000 };

/** What a lane is made of. */
export interface LaneOptions<D extends MatrixDevice> {
  /** Folder under apps/. */
  readonly app: string;
  /** The built connector. */
  readonly bundle: string;
  readonly speed: number;
  startDevice(clock: FastClock, folder: string): Promise<D>;
  /** Seconds in which a device that is back must be right again. */
  readonly healed: number;
  /** Settings beside those of LAPI. */
  env(device: D): Readonly<Record<string, string>>;
}

/** One connector process between a LAPI stand-in and a device of its own, all of them in fast time. */
export class Lane<D extends MatrixDevice = MatrixDevice> implements AsyncDisposable {
  readonly clock: FastClock;
  readonly lapi: LapiSandbox;
  readonly device: D;
  /** For files of this lane. */
  readonly folder: string;
  /** Holds the API key. */
  readonly keyFile: string;
  readonly #options: LaneOptions<D>;
  readonly #port: number;
  readonly #live = new Set(BASE);
  /** What LAPI has taken back, and so must not be blocked for long. */
  readonly #unbanned = new Set<string>();
  /** How the connectors of this lane ended that have ended so far. */
  readonly ends: number[] = [];
  #fresh = 0;
  #connector: ConnectorProcess | undefined;

  private constructor(
    options: LaneOptions<D>,
    parts: { lapi: LapiSandbox; device: D; folder: string; port: number; clock: FastClock },
  ) {
    this.#options = options;
    this.#port = parts.port;
    this.clock = parts.clock;
    this.lapi = parts.lapi;
    this.device = parts.device;
    this.folder = parts.folder;
    this.keyFile = path.join(parts.folder, 'api-key');
  }

  static async start<D extends MatrixDevice>(options: LaneOptions<D>): Promise<Lane<D>> {
    const clock = new FastClock(options.speed);
    const folder = await mkdtemp(path.join(os.tmpdir(), `faults-${options.app}-`));
    const lapi = await startLapi({ clock, decisions: BASE.map((value) => ({ value, duration: BAN_SECONDS })) });
    const device = await options.startDevice(clock, folder);
    const lane = new Lane(options, { lapi, device, folder, clock, port: await freePort() });
    await writeFile(lane.keyFile, lapi.key);
    lane.startConnector();
    return lane;
  }

  get healed(): number {
    return this.#options.healed;
  }

  get connector(): ConnectorProcess {
    if (!this.#connector) throw new Error('the connector is not running');
    return this.#connector;
  }

  /** What LAPI bans now, and so must be blocked. */
  get live(): ReadonlySet<string> {
    return this.#live;
  }

  /** Bans so many new addresses; gives them. */
  ban(count = 1): string[] {
    const values = Array.from({ length: count }, () => {
      this.#fresh += 1;
      return `45.90.${this.#fresh >> 8}.${this.#fresh & 255}`;
    });
    this.lapi.decisions.addMany(values.map((value) => ({ value, duration: BAN_SECONDS })));
    for (const value of values) this.#live.add(value);
    return values;
  }

  /** Takes bans back: those given, or one single address that was banned from the start. */
  unban(values: readonly string[] = [this.#anyBase()]): void {
    for (const value of values) {
      this.#live.delete(value);
      this.#unbanned.add(value);
      this.lapi.decisions.delete(value);
    }
  }

  /** With settings beside the usual ones: only for this one process. */
  startConnector(more: Readonly<Record<string, string>> = {}): void {
    const { app, bundle, speed } = this.#options;
    const connector = new ConnectorProcess({
      app,
      file: bundle,
      speed,
      // The first one keeps the process from starting itself anew with its own memory flags: the channel would be lost.
      nodeFlags: ['--max-semi-space-size=1', '--max-old-space-size=80'],
      env: {
        CROWDSEC_API_URL: this.lapi.url,
        CROWDSEC_BOUNCER_API_KEY_FILE: this.keyFile,
        HTTP_LISTEN: `127.0.0.1:${this.#port}`,
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
        ...this.#options.env(this.device),
        ...more,
      },
    });
    this.#connector = connector;
    void connector.ended.then((code) => this.ends.push(code));
  }

  /** What the connector says about itself; undefined when it does not answer. */
  state(): Promise<ConnectorState | undefined> {
    return readState(this.#port);
  }

  /** Both clocks leap so many seconds. */
  async skip(seconds: number): Promise<void> {
    this.clock.skip(seconds * 1000);
    await this.connector.tell({ skip: seconds * 1000 });
  }

  /** Seconds of fast time until it holds. */
  readonly until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<number> => {
    const since = this.clock.now();
    const limit = performance.now() + Math.max(TIMEOUT_MS.real, TIMEOUT_MS.fast / this.clock.speed);
    for (;;) {
      const asked = performance.now();
      if (await holds()) break;
      if (performance.now() > limit) throw new Error(`not reached: ${what}\n${await this.#situation()}`);
      await new Promise((resolve) => setTimeout(resolve, Math.max(20, performance.now() - asked)));
    }
    return (this.clock.now() - since) / 1000;
  };

  /** Of these networks, or all that LAPI ever told of: those that the device blocks or does not block against what LAPI says. */
  async differences(networks: readonly string[] = [...this.#live, ...this.#unbanned]): Promise<string[]> {
    const blocked = await this.device.blocked(networks);
    return networks.filter((network) => blocked?.has(network) !== this.#live.has(network));
  }

  /** Resolves once the device holds what LAPI says, the connector says so, and `more` holds. */
  async inStep(more: () => boolean = () => true): Promise<number> {
    let wrong: readonly string[] = [];
    return this.until('in step and ready', async () => {
      if (!more()) return false;
      if ((await this.state())?.ready !== true) return false;
      // What was wrong the last time is asked first: a look at all of them costs some devices a request each.
      if (wrong.length > 0) wrong = await this.differences(wrong);
      if (wrong.length === 0) wrong = await this.differences();
      return wrong.length === 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connector?.[Symbol.asyncDispose]();
    await this.device[Symbol.asyncDispose]();
    await this.lapi.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #anyBase(): string {
    const value = BASE.find((one) => this.#live.has(one) && !one.includes('/'));
    if (value === undefined) throw new Error('no ban is left to take back');
    return value;
  }

  async #situation(): Promise<string> {
    const state = await this.state();
    const differences = await this.differences();
    const log = `${this.#connector?.stdout ?? ''}${this.#connector?.stderr ?? ''}`.trim().split('\n').slice(-12);
    return [
      `state: ${JSON.stringify(state)}`,
      `wrong on the device: ${differences.slice(0, 5).join(', ')}`,
      ...log,
    ].join('\n');
  }
}
