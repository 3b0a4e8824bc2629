import { hintOf, messageOf } from '@bouncer/stream';
import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { askTraefik } from './traefik-api.ts';
import type { RunningMiddleware, RunningRouter, RunningTraefik } from './traefik-api.ts';

/** How many names are told before "and N more". */
const MAX_NAMES = 5;

/** What a running Traefik has made of the middleware, and which of its routers go through it. */
export async function* runningSteps(url: string, name: string, signal: AbortSignal): AsyncGenerator<CheckStep> {
  let running: RunningTraefik;
  try {
    running = await askTraefik(url, signal);
  } catch (error) {
    signal.throwIfAborted();
    yield failed('traefik', messageOf(error), hintOf(error) || 'see that Traefik runs, and TRAEFIK_API_URL');
    return;
  }
  yield passed('traefik', `Traefik ${running.version}, ${running.routers.length} routers`);
  yield* judge(running, name);
}

/** Pure: the steps for what was answered. */
function* judge({ routers, middlewares }: RunningTraefik, name: string): Generator<CheckStep> {
  const ours = middlewares.filter((each) => baseOf(each.name) === name.toLowerCase());
  if (ours.length === 0) {
    const seen = `Traefik knows no middleware ${name}: its file is not read, or was refused`;
    yield failed('middleware', seen, `see that its file provider reads our folder, and Traefik's log for ${name}`);
    return;
  }
  for (const { name: full, status, errors } of ours) {
    if (status === 'enabled') yield passed('middleware', `${full} is loaded`);
    else yield failed('middleware', `${full} is ${status}: ${errors.join('; ')}`, 'correct what Traefik objects to');
  }
  yield* routerSteps(routers, through(ours, middlewares));
}

function* routerSteps(routers: readonly RunningRouter[], names: ReadonlySet<string>): Generator<CheckStep> {
  // What Traefik has for itself: its dashboard, redirections, challenges.
  const public_ = routers.filter(({ name }) => !name.endsWith('@internal'));
  const using = public_.filter(({ middlewares }) => middlewares.some((each) => names.has(each.toLowerCase())));
  const broken = using.filter(({ status }) => status !== 'enabled');
  for (const { name, status, errors } of broken.slice(0, MAX_NAMES)) {
    const isPlugin = errors.some((error) => /plugin/i.test(error));
    const fix = isPlugin
      ? "the plugin was not loaded: see Traefik's log at its start; experimental.abortOnPluginFailure makes Traefik stop there"
      : 'correct what Traefik objects to';
    yield failed('routers', `${name} is ${status} and answers 404: ${errors.join('; ')}`, fix);
  }
  const open = public_.filter((router) => !using.includes(router));
  const fix = 'name it in their middlewares, or for all of them in entryPoints.<name>.http.middlewares';
  if (using.length === 0) {
    const seen = `none of ${public_.length} routers uses it: nothing is blocked`;
    yield failed('routers', seen, fix);
  } else if (open.length > 0) {
    yield warned('routers', `${open.length} of ${public_.length} routers do not use it: ${listed(open)}`, fix);
  } else if (broken.length === 0) yield passed('routers', `all ${public_.length} routers use it`);
}

/** The names by which a router goes through one of ours: its own, and those of chains that hold it. */
function through(ours: readonly RunningMiddleware[], all: readonly RunningMiddleware[]): ReadonlySet<string> {
  const names = new Set(ours.map(({ name }) => name.toLowerCase()));
  for (let before = -1; before !== names.size;) {
    before = names.size;
    for (const { name, chain } of all) {
      if (chain.some((each) => names.has(qualified(each, name)))) names.add(name.toLowerCase());
    }
  }
  return names;
}

/** A chain names middlewares of its own provider without saying so. */
function qualified(name: string, owner: string): string {
  return (name.includes('@') ? name : `${name}@${owner.split('@')[1] ?? ''}`).toLowerCase();
}

function baseOf(name: string): string {
  return (name.split('@')[0] ?? '').toLowerCase();
}

function listed(routers: readonly RunningRouter[]): string {
  const names = routers.slice(0, MAX_NAMES).map(({ name }) => name);
  const more = routers.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
