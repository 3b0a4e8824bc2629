import { runCommandLine } from '@bouncer/cli';
import type { Kind } from '@bouncer/target';
import { systemClock } from '@bouncer/stream';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ConnectorProcess,
  freePort,
  runConnectorCommand,
  startedAs,
  startLapi,
  until,
  type LapiSandbox,
} from '@bouncer/sandbox';
import { programOf } from '../hostile/program-of.ts';
import { abuse, crowd } from './http-abuse.ts';
import { canaryFor, leakingFiles, leaksIn } from './leaks.ts';
import type { Canary } from './leaks.ts';

/** A device whose secrets are canaries. */
export interface GuardedDevice extends AsyncDisposable {
  /** All settings of the connector's own but its secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that is written to, and the files in there that are meant to hold a secret. */
  readonly folder?: { readonly path: string; readonly intended: readonly string[] };
  /** Goes in front of the connector's command. */
  readonly launcher?: readonly string[];
  /** Ports that it listens on, beside the status page. */
  readonly ports?: readonly number[];
  /** False for one that lets somebody else ask LAPI. Default true. */
  readonly asksLapi?: boolean;
  /** Makes the device refuse or vanish. */
  fail(): void | Promise<void>;
}

export interface SecuritySuite {
  readonly app: string;
  readonly connector: Kind;
  /** Why the device cannot be had. */
  readonly missing?: string | undefined;
  /** The variables whose canaries the device takes. */
  readonly secrets: readonly string[];
  start(secrets: Readonly<Record<string, string>>, lapi: LapiSandbox): Promise<GuardedDevice>;
}

/**
 * What an outsider could read or break: secrets planted in every secret setting are looked for in all that is printed,
 * served or written, while everything goes wrong; and the pages are asked what no browser would ask.
 */
export function securitySuite(suite: SecuritySuite): void {
  const { app, connector, missing, secrets } = suite;
  const canaries: Canary[] = ['CROWDSEC_BOUNCER_API_KEY', ...secrets].map(canaryFor);
  const planted = Object.fromEntries(canaries.map(({ variable, value }) => [variable, value]));
  const scratch = mkdtempSync(path.join(tmpdir(), 'canary-'));
  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  /** One command in this process. */
  async function command(args: readonly string[], env: Readonly<Record<string, string>>) {
    let text = '';
    const sink = { write: (more: string) => void (text += more) };
    const { signal } = new AbortController();
    const { program, env: more } = programOf(connector);
    const all = { ...more, ...env };
    const io = { stdout: sink, stderr: sink, env: all, clock: systemClock, signal, configFolder: '/nowhere' };
    return { code: await runCommandLine(program, args, io), text };
  }
  const config = (env: Readonly<Record<string, string>>, args = ['config']) => command(args, env);

  describe(`${app}${startedAs(app).place} keeps a secret that was put in the wrong place`, () => {
    const all = { ...connector.settings };
    const canary = canaryFor('MISPLACED');
    const base = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: 'some-key' };
    const file = (name: string, text: string): string => {
      const full = path.join(scratch, name);
      writeFileSync(full, text);
      return full;
    };

    it('in every setting that holds one, also with a line break, a placeholder or a blank', async () => {
      const names = [
        'CROWDSEC_BOUNCER_API_KEY',
        ...Object.values(all)
          .filter(({ secret }) => secret)
          .map(({ env }) => env),
      ];
      for (const name of names) {
        for (const value of [
          canary.value,
          `${canary.value}\nsecond`,
          `\${${canary.value}`,
          ` ${canary.value} `,
          `é${canary.value}`,
        ]) {
          const env = { ...base, [name]: value };
          expect([name, leaksIn((await config(env)).text, [canary])]).toEqual([name, []]);
          const inFile = { ...base, [name]: '', [`${name}_FILE`]: file('secret', value) };
          expect([name, leaksIn((await config(inFile)).text, [canary])]).toEqual([name, []]);
        }
      }
    });

    it('in a URL or a host, in a variable or key that does not exist, in a broken YAML file', async () => {
      const settings = Object.values(all);
      const urls = [
        'CROWDSEC_API_URL',
        ...settings.filter(({ env }) => /URL$|ADDRESS$|HOST$/.test(env)).map(({ env }) => env),
      ];
      const word = encodeURIComponent(canary.value);
      for (const name of urls) {
        for (const value of [
          `https://user:${word}@crowdsec.lan/lapi`,
          `user:${canary.value}@192.168.88.1`,
          `https://${word}@x y`,
          `http:/user:${word}@host`,
        ]) {
          expect([name, leaksIn((await config({ ...base, [name]: value })).text, [canary])]).toEqual([name, []]);
        }
      }
      const prefix = app.toUpperCase();
      const { text } = await config({
        ...base,
        [`${prefix}_PASWORD`]: canary.value,
        CROWDSEC_BOUNCER_API_KY: canary.value,
        CROWDSEC_BOUNCER_KEY_FILE: canary.value,
      });
      expect(leaksIn(text, [canary])).toEqual([]);
      const quoted = JSON.stringify(canary.value);
      for (const yaml of [
        `crowdsec:\n  bouncer_api_kee: ${quoted}\n`,
        `crowdsec:\n  bouncer_api_key: [${quoted}\n`,
        `crowdsec:\n  bouncer_api_key: {a: ${quoted}}\n`,
        `crowdsec: ${quoted}\n`,
        `- ${quoted}\n`,
        `crowdsec:\n  bouncer_api_key: ${quoted}\n  bouncer_api_key: ${quoted}\n`,
      ]) {
        const name = file('broken.yaml', yaml);
        expect([yaml, leaksIn((await config(base, ['config', '--config', name])).text, [canary])]).toEqual([yaml, []]);
      }
    });
  });

  describe.skipIf(missing !== undefined)(`${app}${startedAs(app).place} under eyes (${missing ?? 'ready'})`, () => {
    let lapi: LapiSandbox;
    let device: GuardedDevice;
    beforeAll(async () => {
      lapi = await startLapi({ key: planted['CROWDSEC_BOUNCER_API_KEY'] ?? '' });
      lapi.decisions.addMany(['45.83.64.1', '45.83.65.0/24', 'not an address', '10.0.0.1'].map((value) => ({ value })));
      device = await suite.start(planted, lapi);
    });
    afterAll(async () => {
      await device[Symbol.asyncDispose]();
      await lapi.close();
    });

    function options(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
      const env = {
        CROWDSEC_API_URL: lapi.url,
        CROWDSEC_UPDATE_FREQUENCY: '1s',
        LOG_LEVEL: 'debug',
        HTTP_LISTEN: 'off',
        ...planted,
        ...device.env,
        ...more,
      };
      return { app, args, env, ...(device.launcher && { launcher: device.launcher }) };
    }

    /** The whole output of one command; of a process in the device's own network when it has one. */
    async function said(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
      const { env, ...rest } = options(args, more);
      if (!device.launcher) return (await command(args, env)).text;
      const { stdout, stderr } = await runConnectorCommand({ ...rest, env });
      return stdout + stderr;
    }

    it('says no secret in any command, with the right secrets and with wrong ones', async () => {
      for (const line of ['config', 'setup', 'check --json', 'plan --json', 'sync', 'purge']) {
        const text = await said(line.split(' '));
        expect([line, leaksIn(text, canaries), text.length > 10]).toEqual([line, [], true]);
      }
      const wrong = Object.fromEntries(canaries.map(({ variable, value }) => [variable, `${value}!`]));
      const text = await said(['check'], wrong);
      expect([leaksIn(text, canaries), text.includes('FAIL') || device.asksLapi === false]).toEqual([[], true]);
    });

    it('says no secret on any page or in the log, whatever fails, and stands whatever is sent to its ports', async () => {
      const port = await freePort();
      const env = { HTTP_LISTEN: `127.0.0.1:${port}`, LOG_FORMAT: 'pretty' };
      await using running = new ConnectorProcess(options(['run'], env));
      const page = (name: string): Promise<Page> => pageOf(device.launcher, port, name);
      const isUp = (ask: () => Promise<unknown>) => () =>
        ask().then(
          () => true,
          () => false,
        );
      await until(
        'the pages are there',
        isUp(() => page('/healthz')),
        60,
      );
      if (device.asksLapi !== false) {
        const body = JSON.stringify({ message: `key ${planted['CROWDSEC_BOUNCER_API_KEY'] ?? ''} is not known` });
        lapi.faults.always({ kind: 'answer', status: 500, body });
        await until('it is in the log', () => running.stdout.includes('pull failed'), 60);
        lapi.faults.clear();
      }
      await device.fail();
      const names = ['/', '/?ip=45.83.64.1', '/metrics', '/status.json', '/readyz', '/healthz'];
      const pages = await Promise.all(names.map(page));
      for (const { text } of pages) expect(leaksIn(text, canaries)).toEqual([]);
      expect(pages[3]?.text).toContain('"stream"');
      for (const each of device.launcher ? [] : [port, ...(device.ports ?? [])]) {
        await until(
          `port ${each} is open`,
          isUp(() => pageOf(undefined, each, '/')),
          60,
        );
        expectSound(await abuse(each));
        for (const socket of await crowd(each, 80)) socket.destroy();
        await until(
          `port ${each} answers again`,
          isUp(() => pageOf(undefined, each, '/')),
          30,
        );
      }
      if (!device.launcher) expect(pages[0]?.headers).toMatchObject(headersOfPages);
      expect(await running.stop()).toBe(0);
      expect([leaksIn(running.stdout, canaries), running.stderr]).toEqual([[], '']);
    });

    it('writes secrets to no file but those that are for them, which not everybody may read', () => {
      const found = device.folder ? leakingFiles(device.folder.path, canaries) : [];
      expect(found.map(({ file }) => file)).toEqual(device.folder?.intended ?? []);
      for (const { file, mode } of found) expect([file, mode]).toEqual([file, expect.stringMatching(/^6[04]0$/)]);
    });
  });
}

const headersOfPages = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
};

/** An answer, or the end of the connection: never a page for a method that writes, never what was sent. */
function expectSound(answers: Awaited<ReturnType<typeof abuse>>): void {
  for (const { sent, answer, text } of answers) {
    const status = /^$|^HTTP\/1\.1 (100|2\d\d|30\d|40\d|41\d|431|50[135]) /;
    expect([sent, answer]).toEqual([sent, expect.stringMatching(status)]);
    if (!/^(GET|HEAD|OPTIONS)/.test(sent)) expect([sent, answer]).not.toEqual([sent, expect.stringContaining(' 200 ')]);
    expect(text).not.toMatch(/root:x:|<script>alert|evil\.example/);
  }
}

interface Page {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A page of the connector; through its own namespace when it lives in one. */
async function pageOf(launcher: readonly string[] | undefined, port: number, name: string): Promise<Page> {
  const url = `http://127.0.0.1:${port}${name}`;
  if (!launcher) {
    const answer = await fetch(url);
    return { text: await answer.text(), headers: Object.fromEntries(answer.headers) };
  }
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const script = `fetch(${JSON.stringify(url)}).then(async (answer) => process.stdout.write(await answer.text()))`;
  const [program, ...args] = [...launcher, process.execPath, '-e', script];
  return { text: (await promisify(execFile)(program, args)).stdout, headers: {} };
}
