import type { PageStatus } from '@bouncer/status-page';
import { ask, askHealth, urlAt } from './healthcheck.ts';
import { failed, passed, stepOf, warned, type CheckStep } from '@bouncer/target';

/** Where the running instance is asked, and what it should be. */
export interface InstanceOptions {
  /** HTTP_LISTEN */
  readonly listen: string;
  readonly type: string;
  /** HTTP_TOKEN; empty when there is none. */
  readonly token: string;
  /** Names of the targets of this configuration. */
  readonly targets: readonly string[];
}

/** Longest /status.json that is read, in characters. */
const maxStatusLength = 16 * 1024 * 1024;
const start = 'start it with `run`; see docker ps and docker logs when it should run already';

/**
 * What the running instance says of itself: its verdict, and each of its concerns with its fix. That none runs is no failure of
 * `check`, which may well come first; but an empty last_pull has that one cause.
 */
export async function* instanceSteps(options: InstanceOptions): AsyncGenerator<CheckStep> {
  const { listen, type } = options;
  if (listen === 'off') {
    yield warned('instance', 'not asked whether one runs: HTTP_LISTEN is off', start);
    return;
  }
  const { isOurs, line } = await askHealth(listen, type);
  if (!isOurs) {
    const seen = `none answers here (${line}); last_pull in \`cscli bouncers list\` stays empty until one runs`;
    yield warned('instance', seen, start);
    return;
  }
  let status: Partial<PageStatus>;
  try {
    status = await askStatus(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const seen = `one runs (${line}), but its verdict cannot be seen: ${why}`;
    yield warned('instance', seen, 'give `check` the settings of the running instance, HTTP_TOKEN above all');
    return;
  }
  yield* stepsOf(status, line, options.targets);
}

async function askStatus({ listen, token }: InstanceOptions): Promise<Partial<PageStatus>> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const { status, body } = await ask(urlAt(listen, '/status.json'), maxStatusLength, headers);
  if (status === 401) throw new Error(token === '' ? 'it asks for a token' : 'it has another HTTP_TOKEN');
  if (status !== 200) throw new Error(`/status.json answers ${status}`);
  return JSON.parse(body) as Partial<PageStatus>;
}

const fixes: Readonly<Record<string, string>> = {
  starting: 'ask again in a minute',
  'dry-run': 'set DRY_RUN=false once the plan is right',
};

function* stepsOf(
  { verdict, reasons = [], blocked = 0, targets = [] }: Partial<PageStatus>,
  line: string,
  ours: readonly string[],
): Generator<CheckStep> {
  const others = targets.map(({ name }) => name).filter((name) => !ours.includes(name));
  if (others.length > 0) {
    const seen = `another connector of this type runs (${line}): its targets are ${others.join(', ')}, not ${ours.join(', ')}`;
    yield warned('instance', seen, 'give each an HTTP_LISTEN of its own');
    return;
  }
  const says = `one runs, so last_pull in \`cscli bouncers list\` moves; it says`;
  const because = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  const fix = fixes[verdict ?? ''] ?? 'fix what it names; its log and its page say more';
  if (verdict === 'protecting') yield passed('instance', `${says} protecting, ${blocked} blocked${because}`);
  else if (verdict === 'not-protecting') yield failed('instance', `${says} not protecting${because}`, fix);
  else yield warned('instance', `${says} ${verdict ?? 'nothing of its protection'}${because}`, fix);
  for (const { name, concerns = [] } of targets) {
    for (const concern of concerns) yield stepOf('running', { ...concern, seen: `${name}: ${concern.seen}` });
  }
}
