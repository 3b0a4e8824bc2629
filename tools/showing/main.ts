// usage: tools/demo [--stay] [--real-lapi] [--only KIND[,KIND]]     (the shell script of that name installs first)
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { realLapiAvailable } from '@bouncer/sandbox';
import { inside, isolationMissing, runInside } from './isolation.ts';
import { Kept } from './kept.ts';
import { parseOptions, type Options } from './options.ts';
import { say } from './say.ts';
import { show } from './show.ts';
import { stageKinds } from './stages.ts';

const stopper = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    stopper.abort();
  });
// The one outside was killed.
process.on('disconnect', () => {
  stopper.abort();
});
process.channel?.unref();

const options = parseOptions(process.argv.slice(2), [...stageKinds.keys()], process.env['HTTP_LISTEN']);
if (typeof options === 'string') {
  console.error(`tools/demo: ${options}`);
  process.exit(2);
}
// What was being waited for when a signal came is not waited for.
process.exit(await main(options).catch(report));

async function main(given: Options): Promise<number> {
  const told = inside();
  if (told) return perform(given, told.missing);
  await tryPage(given);
  execFileSync(process.execPath, [path.join(import.meta.dirname, '../build.ts'), 'bouncer'], { stdio: 'inherit' });
  // Whatever has to be installed is installed from here: there is no way out of the network inside.
  const missing: Record<string, string> = {};
  for (const kind of given.kinds) {
    const reason = await stageKinds.get(kind)?.missing();
    if (reason !== undefined) missing[kind] = reason;
  }
  const noNetwork = await isolationMissing();
  if (noNetwork !== undefined && given.kinds.includes('firewall')) missing['firewall'] = noNetwork;
  for (const [kind, reason] of Object.entries(missing)) say('skipped', kind, reason);
  const lapi = given.realLapi ? await realLapiAvailable() : undefined;
  if (lapi?.ok === false) throw new Error(`--real-lapi: ${lapi.reason}`);
  return noNetwork === undefined ? runInside(given, missing, stopper.signal) : perform(given, missing);
}

async function perform(given: Options, missing: Readonly<Record<string, string>>): Promise<number> {
  const start = performance.now();
  await using kept = new Kept();
  const stopped = new Promise<undefined>((resolve) => {
    stopper.signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
  const shown = await Promise.race([show(given, missing, kept), stopped]);
  if (shown === undefined) {
    say('demo', 'all', 'stopped before its end');
    return 1;
  }
  const { missed, bouncer } = shown;
  const skipped = Object.keys(missing);
  const left = skipped.length > 0 ? `; skipped: ${skipped.join(', ')}` : '';
  const seconds = `${((performance.now() - start) / 1000).toFixed(0)} s`;
  say('demo', 'all', `${missed.length === 0 ? 'all was seen' : `NOT SEEN: ${missed.join(', ')}`} in ${seconds}${left}`);
  if (given.stay && bouncer) {
    say(
      'staying',
      'all',
      `http://${given.page.host}:${given.page.port}/ until Ctrl-C; settings: ${bouncer.configFile}`,
    );
    await Promise.race([stopped, bouncer.ended]);
  }
  return missed.length === 0 ? 0 : 1;
}

/** Rejects when somebody else is where the page is to be. */
async function tryPage({ page }: Options): Promise<void> {
  const server = createServer();
  try {
    server.listen(page.port, page.host);
    await once(server, 'listening');
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`no room for the page (${message}); HTTP_LISTEN=127.0.0.1:9470 tools/demo puts it elsewhere`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}

function report(error: unknown): number {
  console.error(`tools/demo: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}
