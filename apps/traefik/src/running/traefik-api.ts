import { TransientError } from '@bouncer/stream';
import { request } from '@bouncer/target';

/** A router as Traefik runs it. Source of these shapes: the API of v3.7.9, as run. */
export interface RunningRouter {
  /** `app@file` */
  readonly name: string;
  /** Those of its entry points among them. */
  readonly middlewares: readonly string[];
  /** `enabled`, `warning` or `disabled`. */
  readonly status: string;
  readonly errors: readonly string[];
}

/** A middleware as Traefik runs it. */
export interface RunningMiddleware {
  /** `crowdsec@file` */
  readonly name: string;
  readonly status: string;
  readonly errors: readonly string[];
  /** What a chain holds. */
  readonly chain: readonly string[];
}

export interface RunningTraefik {
  /** `3.7.9` */
  readonly version: string;
  readonly routers: readonly RunningRouter[];
  readonly middlewares: readonly RunningMiddleware[];
}

const PAGE = 500;
const MAX_PAGES = 40;
const ANSWER = { timeoutMs: 10_000, maxLength: 8_000_000 } as const;

type Row = Readonly<Record<string, unknown>>;

/** Asks a running Traefik what it has made of its configuration. @throws Error with a hint when it cannot be asked. */
export async function askTraefik(url: string, signal: AbortSignal): Promise<RunningTraefik> {
  const base = url.replace(/\/+$/, '').replace(/\/(?:api|dashboard)$/, '');
  const version = (await answer(`${base}/api/version`, signal)) as Row;
  const [routers, middlewares] = [await rows(base, 'routers', signal), await rows(base, 'middlewares', signal)];
  return {
    version: text(version['Version']),
    routers: routers.map((row) => ({ ...common(row), middlewares: texts(row['middlewares']) })),
    middlewares: middlewares.map((row) => ({
      ...common(row),
      chain: texts((row['chain'] as Row | undefined)?.['middlewares']),
    })),
  };
}

async function rows(base: string, group: string, signal: AbortSignal): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const found = await answer(`${base}/api/http/${group}?per_page=${PAGE}&page=${page}`, signal);
    if (!Array.isArray(found)) break;
    all.push(...(found as Row[]));
    if (found.length < PAGE) break;
  }
  return all;
}

async function answer(url: string, signal: AbortSignal): Promise<unknown> {
  const { status, body } = await request(url, { ...ANSWER, signal });
  if (status === 200) return parse(url, body);
  // Pages past the last one are refused (v3.7.9).
  if (status === 400 && url.includes('page=')) return [];
  const hint =
    status === 401 || status === 403
      ? 'let this machine ask it without a password, on an entry point that is not public'
      : 'switch it on (api: {} and a router for api@internal, or api.insecure on a port that is not public)';
  throw new TransientError(`${new URL(url).host} answered ${status}: this is not Traefik's API`, { hint });
}

function parse(url: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    const hint = 'give the address of the API itself, such as http://traefik:8080';
    throw new TransientError(`${new URL(url).host} answered something else than JSON: this is not Traefik's API`, {
      hint,
    });
  }
}

function common(row: Row): { readonly name: string; readonly status: string; readonly errors: readonly string[] } {
  return { name: text(row['name']), status: text(row['status']), errors: texts(row['error']) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text) : [];
}
