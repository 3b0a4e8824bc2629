import { AuthError, ConfigError, TransientError } from '@bouncer/stream';
import { describe, type ApiClient } from '../api-client.ts';
import { aliasMissing } from '../ssh/errors.ts';

/** The few calls of OPNsense's API that are needed. */
export class OpnSenseApi {
  readonly #client: ApiClient;
  readonly #name: string;

  constructor(client: ApiClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** @throws ConfigError when there is no such alias. */
  async demandAlias(signal: AbortSignal): Promise<void> {
    const { data, status } = await this.#client.request(
      'GET',
      `/api/firewall/alias/getAliasUUID/${this.#name}`,
      undefined,
      signal,
    );
    if (status !== 200) {
      throw new ConfigError(`this is not the API of OPNsense (${status}): ${describe(data)}`, {
        hint: 'give PFSENSE_API_URL without /api',
      });
    }
    if (typeof (data as { uuid?: unknown } | null)?.uuid !== 'string') throw aliasMissing(this.#name);
  }

  /** The alias's type, such as `external`; undefined when this user may not see it. */
  async type(signal: AbortSignal): Promise<string | undefined> {
    const { data } = await this.#client.request('GET', '/api/firewall/alias/searchItem?rowCount=-1', undefined, signal);
    const rows = (data as { rows?: { name?: unknown; type?: unknown }[] } | null)?.rows ?? [];
    const type = rows.find(({ name }) => name === this.#name)?.type;
    return typeof type === 'string' ? type : undefined;
  }

  async list(signal: AbortSignal): Promise<string[]> {
    const { data } = await this.#client.request(
      'GET',
      `/api/firewall/alias_util/list/${this.#name}?rowCount=-1`,
      undefined,
      signal,
    );
    const { rows } = data as { rows?: unknown };
    if (!Array.isArray(rows)) throw new TransientError(`the API does not list the alias: ${describe(data)}`);
    return (rows as { ip?: unknown }[]).map(({ ip }) => String(ip));
  }

  /** One address; undefined when it was done, else why the firewall will not take it. */
  async change(what: 'add' | 'delete', address: string, signal: AbortSignal): Promise<string | undefined> {
    const { data, status } = await this.#client.request(
      'POST',
      `/api/firewall/alias_util/${what}/${this.#name}`,
      { address },
      signal,
    );
    const { status: told } = (data ?? {}) as { status?: unknown };
    if (status === 200 && told === 'done') return undefined;
    if (told === 'not_an_address') return 'the firewall says that this is no address';
    if (/nonexistent alias/.test(describe(data))) throw aliasMissing(this.#name);
    if (status === 405 || status === 404)
      throw new AuthError(`the API refuses (${status}): ${describe(data)}`, {
        hint: 'see that PFSENSE_API_URL is that of OPNsense',
      });
    throw new TransientError(`the API could not ${what} an address: ${describe(data)}`);
  }

  /** Has OPNsense load its aliases anew: brings back a table that is not there. */
  async reconfigure(signal: AbortSignal): Promise<void> {
    await this.#client.request('POST', '/api/firewall/alias/reconfigure', {}, signal);
  }
}
