import { AuthError, ConfigError, TransientError, type Network } from '@bouncer/stream';
import { describe } from '../api/api-client.ts';
import type { ApiClient } from '../api/api-client.ts';
import type { RuleRow } from '../rules/from-rows.ts';
import { aliasMissing } from '../ssh/errors.ts';

/** An alias as the REST API gives it. */
export interface RestAlias {
  /** Its place in config.xml: it moves when somebody deletes another alias. */
  readonly id: number;
  readonly type: string;
  readonly addresses: readonly string[];
}

/** The few calls of pfSense's REST API v2 that are needed. Never `PUT /firewall/aliases`: that replaces them all. */
export class RestApi {
  readonly #client: ApiClient;
  readonly alias: string;

  constructor(client: ApiClient, alias: string) {
    this.#client = client;
    this.alias = alias;
  }

  /** @throws ConfigError when there is no such alias, or of a type that cannot hold networks. */
  async read(signal: AbortSignal): Promise<RestAlias> {
    const found = await this.find(signal);
    if (!found) throw aliasMissing(this.alias);
    if (found.type !== 'network') {
      throw new ConfigError(`the alias ${this.alias} is of type ${found.type}`, {
        kind: 'alias',
        hint: 'PFSENSE_MODE=rest needs one of type Network(s), as `setup` shows',
      });
    }
    return found;
  }

  /** The alias whatever its type; undefined when there is none. */
  async find(signal: AbortSignal): Promise<RestAlias | undefined> {
    const response = await this.#client.request(
      'GET',
      `/api/v2/firewall/aliases?name=${encodeURIComponent(this.alias)}&limit=0`,
      undefined,
      signal,
    );
    if (response.status !== 200) throw notTheApi(response.status, response.data);
    const { data } = response.data as { data?: unknown };
    if (!Array.isArray(data)) throw notTheApi(response.status, response.data);
    const found = (data as Record<string, unknown>[]).find(({ name }) => name === this.alias);
    if (!found) return undefined;
    const { id, type, address } = found;
    const addresses = Array.isArray(address) ? address.map(String) : [];
    return { id: Number(id), type: String(type), addresses: addresses.filter((one) => one !== '') };
  }

  /** Replaces the addresses of the alias, and of no other: its name goes along, and the API refuses a name that is not that row's. */
  async write(id: number, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    const body = { id, name: this.alias, address: addresses };
    const response = await this.#client.request('PATCH', '/api/v2/firewall/alias', body, signal);
    if (response.status === 200) return;
    const said = describe(response.data);
    if (/FIELD_VALUE_CHANGED_WHEN_NOT_EDITABLE|MODEL_OBJECT_NOT_FOUND/.test(said))
      throw new TransientError(`the aliases were changed in the meantime: ${said}`);
    if (/LENGTH_VALIDATOR_MAXIMUM/.test(said)) {
      throw new ConfigError(`this REST API takes 128 addresses at most: ${said}`, {
        hint: 'update the REST API package to 2.5.4 or newer, set MAX_ENTRIES=128, or use PFSENSE_MODE=ssh',
      });
    }
    throw refusal(response.status, said);
  }

  /** Makes one alias or one rule; for `setup --apply` only. */
  async create(what: 'alias' | 'rule', body: object, signal: AbortSignal): Promise<void> {
    const response = await this.#client.request('POST', `/api/v2/firewall/${what}`, body, signal);
    if (response.status !== 200) throw refusal(response.status, describe(response.data));
  }

  /** Has pfSense load its rules, and waits until it has. */
  async applyChanges(signal: AbortSignal): Promise<void> {
    const response = await this.#client.request('POST', '/api/v2/firewall/apply', { async: false }, signal);
    if (response.status !== 200) throw refusal(response.status, describe(response.data));
  }

  /** What waits to be applied, whoever has written it: `aliases`, `filter`. Empty when nothing does. */
  async pending(signal: AbortSignal): Promise<readonly string[]> {
    const response = await this.#client.request('GET', '/api/v2/firewall/apply', undefined, signal);
    const { applied, pending_subsystems: names } =
      (response.data as { data?: { applied?: unknown; pending_subsystems?: unknown } }).data ?? {};
    if (applied !== false) return [];
    const named = Array.isArray(names) ? names.map(String) : [];
    return named.length > 0 ? named : ['something'];
  }

  /** Takes one alias or one rule away by its place; for `setup --remove` only. */
  async remove(what: 'alias' | 'rule', id: number, signal: AbortSignal): Promise<void> {
    const response = await this.#client.request('DELETE', `/api/v2/firewall/${what}?id=${id}`, undefined, signal);
    if (response.status !== 200) throw refusal(response.status, describe(response.data));
  }

  /** All filter rules of the configuration. */
  async rules(signal: AbortSignal): Promise<readonly RuleRow[]> {
    const response = await this.#client.request('GET', '/api/v2/firewall/rules?limit=0', undefined, signal);
    if (response.status !== 200) throw refusal(response.status, describe(response.data));
    const { data } = response.data as { data?: unknown };
    if (!Array.isArray(data)) throw notTheApi(response.status, response.data);
    return data as RuleRow[];
  }
}

/** pfSense's network aliases want a mask behind every address. */
export function withMask(network: Network): string {
  if (network.includes('/')) return network;
  return `${network}/${network.includes(':') ? 128 : 32}`;
}

function notTheApi(status: number, data: unknown): ConfigError {
  return new ConfigError(`this is not pfSense's REST API (${status}): ${describe(data)}`, {
    hint: 'install the package pfSense-pkg-RESTAPI (again after an upgrade of pfSense), and give PFSENSE_API_URL without /api/v2',
  });
}

function refusal(status: number, said: string): Error {
  if (status === 405)
    return new AuthError(`the API is read-only (405): ${said}`, {
      hint: 'System > REST API > Settings: Read Only off',
    });
  return new TransientError(`the API refuses (${status}): ${said}`);
}
