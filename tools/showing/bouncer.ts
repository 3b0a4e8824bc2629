import { ConnectorProcess } from '@bouncer/sandbox';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DemoLapi } from './lapi.ts';
import type { Stage } from './stage.ts';

/** The one process, its YAML file, and its endpoints. */
export class Bouncer implements AsyncDisposable {
  readonly listen: string;
  readonly configFile: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'demo-bouncer-'));
  #running: ConnectorProcess | undefined;

  constructor(lapi: DemoLapi, stages: ReadonlyMap<string, Stage>, listen: string) {
    this.listen = listen;
    this.configFile = path.join(this.#folder, 'bouncer.yaml');
    writeFileSync(this.configFile, yaml(lapi, stages), { mode: 0o600 });
  }

  start(): void {
    const env = { CONFIG_FILE: this.configFile, HTTP_LISTEN: this.listen };
    this.#running = new ConnectorProcess({ app: 'bouncer', env, file: 'bundle' });
  }

  /** Ends it as an update of its container does; the exit code. */
  async stop(): Promise<number> {
    return (await this.#running?.stop()) ?? 0;
  }

  /** Resolves when it ends by itself. */
  get ended(): Promise<number> {
    return this.#running?.ended ?? Promise.resolve(0);
  }

  /** What it has said last, for a report of what went wrong. */
  get output(): string {
    const { stdout = '', stderr = '' } = this.#running ?? {};
    return `${stdout}${stderr}`.split('\n').slice(-15).join('\n');
  }

  /** The most memory it ever had, in MB (VmHWM). */
  async peak(): Promise<number> {
    return (await this.#running?.memory())?.peak ?? 0;
  }

  /** Whether every target holds what it should. */
  async isReady(): Promise<boolean> {
    return fetch(`http://${this.listen}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function yaml(lapi: DemoLapi, stages: ReadonlyMap<string, Stage>): string {
  const value = (given: string | number | boolean): string => JSON.stringify(given);
  const lines = ['crowdsec:', `  api_url: ${value(lapi.url)}`, `  bouncer_api_key: ${value(lapi.key)}`];
  lines.push('  update_frequency: 2s', 'targets:');
  for (const [kind, { target }] of stages) {
    lines.push(`  - kind: ${kind}`);
    lines.push(...Object.entries(target).map(([key, given]) => `    ${key}: ${value(given)}`));
  }
  return `${lines.join('\n')}\n`;
}
