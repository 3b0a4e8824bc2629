import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { createProtectedSpace, hintOf, messageOf } from '@bouncer/stream';
import { checkAppsec } from './appsec/appsec-check.ts';
import { checkCaptcha } from './captcha/captcha-check.ts';
import { configFolder } from './config.ts';
import type { NginxValues } from './config.ts';
import { configurationTree } from './configuration/configuration-tree.ts';
import { dumpConfiguration } from './configuration/dump-configuration.ts';
import { inspectConfiguration } from './configuration/inspect-configuration.ts';
import { readableStep } from './configuration/readable.ts';
import { runningNginx } from './configuration/running-nginx.ts';
import type { RunningNginx } from './configuration/running-nginx.ts';
import { readStatus } from './status/read-status.ts';
import { listConcern, listMark, statusSteps } from './status/status-steps.ts';

/** Workers take a new list within a second or two. */
const LOOKS = 5;
const LOOK_INTERVAL_MS = 1000;

/** A process does not tell to the millisecond when it was started. */
const ROUNDING_MS = 1000;

/** The doctor's half of NGINX, behind folder and files. Writes nothing. */
export async function* checkNginx(values: NginxValues, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const folder = configFolder(values);
  const dump = await dumpConfiguration(signal);
  if ('unseen' in dump) {
    const fix = 'where NGINX runs: nginx -T 2>/dev/null | docker run -i --rm ... check -';
    const seen = `not visible from here (${dump.unseen})`;
    yield dump.isBroken
      ? failed('configuration of nginx', seen, 'nginx -t')
      : warned('configuration of nginx', seen, fix);
  } else {
    const { allowlist, blockPrivateNetworks } = values;
    const space = createProtectedSpace({ allowlist, blockPrivateNetworks, addresses: [] });
    yield* inspectConfiguration(dump.text, values.mode, folder, space);
    const tree = configurationTree(dump.text);
    const running = runningNginx(tree);
    yield runningStep(running, tree.files);
    if (values.mode === 'lua' && running.user) {
      const names = [
        'decisions.bin',
        'crowdsec.lua',
        ...(values.statusUrl === undefined ? [] : ['crowdsec-status.lua']),
      ];
      yield readableStep(folder, names, running.user);
    }
  }
  yield* checkAppsec(values, signal);
  yield* checkCaptcha(values, folder, signal);
  if (values.mode === 'lua' && values.statusUrl !== undefined) yield* checkStatus(values.statusUrl, values, signal);
}

/** `nginx -T | docker run -i IMAGE check -`: the configuration of an NGINX that is somewhere else. */
export async function* checkDump({
  values,
  options,
}: {
  readonly values: NginxValues;
  readonly options: Readonly<Record<string, unknown>>;
}): AsyncGenerator<CheckStep> {
  const { input } = options;
  if (typeof input !== 'string') return;
  const text = input === '-' ? await readAll(process.stdin) : await readFile(input, 'utf8');
  if (!text.includes('# configuration file ')) {
    const fix = 'nginx -T 2>/dev/null | docker run -i --rm ... check -';
    yield failed(
      'given configuration',
      `${input === '-' ? 'the standard input' : input} is not from \`nginx -T\``,
      fix,
    );
    return;
  }
  const { allowlist, blockPrivateNetworks } = values;
  const space = createProtectedSpace({ allowlist, blockPrivateNetworks, addresses: [] });
  yield* inspectConfiguration(text, values.mode, configFolder(values), space);
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const part of stream) text += String(part);
  return text;
}

async function* checkStatus(url: string, values: NginxValues, signal: AbortSignal): AsyncGenerator<CheckStep> {
  try {
    for (let look = 1; ; look += 1) {
      const status = await readStatus(url, signal);
      const mark = listMark(path.resolve(values.outputDir));
      if (look < LOOKS && listConcern(status, mark)) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
        continue;
      }
      yield* statusSteps(status, mark);
      return;
    }
  } catch (error) {
    yield failed('status', messageOf(error), hintOf(error));
  }
}

/** `nginx -T` prints what is on disk; what is in force is what the workers were started with. */
function runningStep({ startedAt }: RunningNginx, files: readonly string[]): CheckStep {
  const step = 'running';
  if (startedAt === undefined) {
    return warned(
      step,
      'no NGINX of this configuration is seen to run here',
      'systemctl start nginx; or look where it does run',
    );
  }
  const newer = files.filter(
    (file) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > startedAt + ROUNDING_MS,
  );
  if (newer.length === 0) return passed(step, 'its workers were started with these files');
  return warned(
    step,
    `changed since NGINX was reloaded: ${newer.slice(0, 6).join(', ')}`,
    'nginx -t && nginx -s reload',
  );
}
