import { AuthError, ConfigError, TransientError } from '@bouncer/stream';
import { describe } from '../api/api-client.ts';
import type { ApiClient } from '../api/api-client.ts';
import { aliasMissing } from '../ssh/errors.ts';

type Json = Readonly<Record<string, unknown>>;

/** The alias as the configuration holds it. */
export interface OpnAlias {
  readonly uuid: string;
  /** Undefined when this user may not see it. */
  readonly type: string | undefined;
  readonly enabled: boolean;
}

/** The few calls of OPNsense's API that are needed. Source: its AliasController and AliasUtilController. */
export class OpnSenseApi {
  readonly #client: ApiClient;
  readonly alias: string;

  constructor(client: ApiClient, alias: string) {
    this.#client = client;
    this.alias = alias;
  }

  /** Its id; undefined when there is no such alias. */
  async find(signal: AbortSignal): Promise<string | undefined> {
    const { data, status } = await this.#client.request(
      'GET',
      `/api/firewall/alias/getAliasUUID/${this.alias}`,
      undefined,
      signal,
    );
    if (status !== 200) {
      throw new ConfigError(`this is not the API of OPNsense (${status}): ${describe(data)}`, {
        hint: 'give PFSENSE_API_URL without /api',
      });
    }
    const uuid = (data as Json | null)?.['uuid'];
    return typeof uuid === 'string' ? uuid : undefined;
  }

  /** @throws ConfigError when there is no such alias. */
  async read(signal: AbortSignal): Promise<OpnAlias> {
    const uuid = await this.find(signal);
    if (uuid === undefined) throw aliasMissing(this.alias);
    const data = await this.get('/api/firewall/alias/searchItem?rowCount=-1', signal);
    const row = rowsOf(data).find(({ name }) => name === this.alias);
    const type = row?.['type'];
    return { uuid, type: typeof type === 'string' ? type : undefined, enabled: row?.['enabled'] !== '0' };
  }

  /** Names of the tables that pf holds; undefined when the API does not say. */
  async tables(signal: AbortSignal): Promise<readonly string[] | undefined> {
    const data = await this.get('/api/firewall/alias_util/aliases', signal);
    return Array.isArray(data) ? data.map(String) : undefined;
  }

  async list(signal: AbortSignal): Promise<string[]> {
    const path = `/api/firewall/alias_util/list/${this.alias}`;
    let data = await this.get(`${path}?rowCount=-1`, signal);
    // OPNsense reads the number of rows from the body alone; without one it gives 9,999.
    if (Number((data as Json | null)?.['total']) > rowsOf(data).length)
      data = (await this.#client.request('POST', path, { current: 1, rowCount: -1 }, signal)).data;
    const rows = (data as Json | null)?.['rows'];
    if (!Array.isArray(rows)) throw new TransientError(`the API does not list the alias: ${describe(data)}`);
    const total = Number((data as Json)['total'] ?? rows.length);
    if (total > rows.length) {
      throw new ConfigError(`the API lists ${rows.length} of ${total} entries`, {
        hint: `set MAX_ENTRIES=${rows.length}, or use PFSENSE_MODE=ssh-table`,
      });
    }
    return rowsOf(data).map(({ ip }) => String(ip));
  }

  /** One address; undefined when it was done, else why the firewall will not take it. */
  async change(what: 'add' | 'delete', address: string, signal: AbortSignal): Promise<string | undefined> {
    const { data, status } = await this.#client.request(
      'POST',
      `/api/firewall/alias_util/${what}/${this.alias}`,
      { address },
      signal,
    );
    const told = (data as Json | null)?.['status'];
    if (status === 200 && told === 'done') return undefined;
    if (told === 'not_an_address') return 'the firewall says that this is no address';
    if (/non-?\s?exist(ent|ing) alias/.test(describe(data))) throw aliasMissing(this.alias);
    if (status === 405 || status === 404)
      throw new AuthError(`the API refuses (${status}): ${describe(data)}`, {
        hint: 'check that PFSENSE_API_URL is that of OPNsense',
      });
    throw new TransientError(`the API could not ${what} an address: ${describe(data)}`);
  }

  /** Ends the connections from and to a network. */
  async killStates(network: string, signal: AbortSignal): Promise<void> {
    await this.post('/api/diagnostics/firewall/kill_states', { filter: network }, 'ok', signal);
  }

  /** Has OPNsense load filter and aliases as they are configured: makes a table that is not there. Changes no setting. */
  async reconfigure(signal: AbortSignal): Promise<void> {
    await this.post('/api/firewall/alias/reconfigure', {}, 'ok', signal);
  }

  /** The answer of a read; undefined where there is no such address. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const { data, status } = await this.#client.request('GET', path, undefined, signal);
    return status === 200 ? data : undefined;
  }

  /** A change; rejects unless the answer's `status` or `result` begins with `wanted` in any case. */
  async post(path: string, body: unknown, wanted: string, signal: AbortSignal): Promise<void> {
    const { data } = await this.#client.request('POST', path, body, signal);
    const { status, result } = (data ?? {}) as Json;
    const told = typeof result === 'string' ? result : status;
    if (typeof told === 'string' && told.trim().toLowerCase().startsWith(wanted)) return;
    throw new TransientError(`${path}: ${describe(data)}`);
  }
}

/** The rows of a search's answer. */
export function rowsOf(data: unknown): readonly Json[] {
  const rows = (data as Json | null | undefined)?.['rows'];
  return Array.isArray(rows) ? (rows as Json[]) : [];
}
