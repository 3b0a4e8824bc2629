import type { LapiSandbox } from './start-lapi.ts';

/** One decision as it comes over the wire. */
export interface WireRow {
  readonly duration: string;
  readonly id: number;
  readonly origin: string;
  readonly scenario: string;
  readonly scope: string;
  readonly type: string;
  readonly uuid?: string;
  readonly value: string;
}

/** A stream answer; `null` where the generation says so. */
export interface WirePull {
  readonly new: readonly WireRow[] | null;
  readonly deleted: readonly WireRow[] | null;
}

interface Ask extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A plain request with the stand-in's key: for the stand-in's own tests, which trust no client of ours. */
export function ask(lapi: LapiSandbox, path: string, init: Ask = {}): Promise<Response> {
  return fetch(lapi.url + path, {
    redirect: 'manual',
    ...init,
    headers: { 'x-api-key': lapi.key, 'user-agent': 'crowdsec-test-bouncer/v1', ...init.headers },
  });
}

/** One pull, parsed. `query` without the question mark. */
export async function pull(lapi: LapiSandbox, query = ''): Promise<WirePull> {
  const response = await ask(lapi, `/v1/decisions/stream?${query}`);
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return (await response.json()) as WirePull;
}

/** Values of a list of decisions, in order; none for null. */
export function values(rows: readonly WireRow[] | null): string[] {
  return (rows ?? []).map((row) => row.value);
}
