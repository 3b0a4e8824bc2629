import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ConnectorProcess,
  freePort,
  postgresMissing,
  recentLapiMissing,
  runConnectorCommand,
  startPostgres,
  startRealLapi,
  until,
  type RealLapi,
} from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';

const reason = (await recentLapiMissing()) ?? (await postgresMissing());
const ALL = 100_001;
const SECOND = 1000;

interface Status {
  readonly ready: boolean;
  readonly stream: { readonly state: string; readonly fullPulls: number; readonly guardHolds: number };
  readonly targets: readonly { readonly held: number; readonly guardHolds: number }[];
}

async function ask(
  lapi: RealLapi,
  key: string,
  query: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${lapi.url}/v1/decisions${query}`, { headers: { 'x-api-key': key } });
  return { status: answer.status, text: await answer.text() };
}

/** Any connector will do; NGINX's writes files and needs no device. */
describe.skipIf(reason !== undefined)(`a real LAPI whose database fails (${reason ?? 'ready'})`, () => {
  it('unbans nobody, neither while we run nor over a restart, and is told', async () => {
    await using postgres = await startPostgres();
    await using lapi = await startRealLapi({ postgres });
    const key = await lapi.addBouncer('nginx');
    const witness = await lapi.addBouncer('witness');
    const folder = mkdtempSync(path.join(tmpdir(), 'database-fault-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    await lapi.importDecisions(
      Array.from({ length: ALL }, (_, index) => ({
        value: `45.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
        duration: 24 * 3600,
      })),
    );
    const port = await freePort();
    const env = {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: key,
      CROWDSEC_UPDATE_FREQUENCY: '1s',
      CROWDSEC_RESYNC_INTERVAL: '3s',
      MAX_REMOVAL_HOLD: '5s',
      NGINX_OUTPUT_DIR: folder,
      HTTP_LISTEN: `127.0.0.1:${port}`,
    };
    const status = async (): Promise<Status | undefined> => {
      const answer = await fetch(`http://127.0.0.1:${port}/status.json`).catch(() => undefined);
      return answer && ((await answer.json()) as Status);
    };
    const list = () => readFileSync(path.join(folder, 'decisions.bin')).length;
    const reaches = async (what: string, test: (now: Status) => boolean) => {
      await until(
        what,
        async () => {
          const now = await status();
          return now !== undefined && test(now);
        },
        360,
      );
    };

    const first = new ConnectorProcess({ app: 'nginx', env });
    onTestFinished(() => first[Symbol.asyncDispose]());
    await reaches('all are blocked', ({ ready, targets }) => ready && targets[0]?.held === ALL);
    const whole = list();

    await postgres.limitQueries('25ms');
    // What a real LAPI answers meanwhile; the first session after the end of the old ones may say 403.
    await until(
      'the stream is empty',
      async () => {
        const { status: code, text } = await ask(lapi, witness, '/stream?startup=true');
        return code === 200 && (JSON.parse(text) as { new: unknown[] }).new.length < ALL;
      },
      60,
    );
    expect(await ask(lapi, witness, '')).toMatchObject({ status: 500 });
    await reaches('removals are held', ({ ready, stream }) => !ready && stream.guardHolds > 0);
    // Longer than the hold by far: it is the other road that keeps them.
    const began = performance.now();
    await until('half a minute is over', () => performance.now() - began > 30 * SECOND, 60);
    expect((await status())?.targets[0]?.held).toBe(ALL);
    expect(list()).toBe(whole);

    // In the middle of it: nobody remembers but the files.
    await first.stop('SIGKILL');
    const second = new ConnectorProcess({ app: 'nginx', env });
    onTestFinished(() => second[Symbol.asyncDispose]());
    // An empty list that nobody else confirms is no answer at all.
    await reaches('the empty list is not believed', ({ ready, stream }) => !ready && stream.state === 'failing');
    const again = performance.now();
    await until('twenty seconds are over', () => performance.now() - again > 20 * SECOND, 60);
    expect(list()).toBe(whole);
    const sync = await runConnectorCommand({ app: 'nginx', args: ['sync'], env: { ...env, HTTP_LISTEN: 'off' } });
    expect([sync.code, list()], sync.stdout + sync.stderr).toEqual([1, whole]);

    await postgres.lift();
    await reaches('it is ready again', ({ ready, targets }) => ready && targets[0]?.held === ALL);
    expect(await second.stop()).toBe(0);
  }, 900_000);
});
