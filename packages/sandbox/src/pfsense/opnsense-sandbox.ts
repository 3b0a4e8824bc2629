import { countersOf, ruleText } from './opnsense-rules.ts';
import type { OpnRule } from './opnsense-rules.ts';
import { PfTable } from './pf-table.ts';
import { contains, parsePrefix } from './prefix.ts';
import type { CertifiedKey } from '../certificates/certificate-authority.ts';
import { ApiServer } from './rest-server.ts';
import type { ApiAnswer, ApiRequest } from './rest-server.ts';

const UUID = '0e5a0b3e-0000-4000-8000-000000000001';
/** What a listing gives when the body asks for no other number. */
const ROWS = 9999;

/** An alias as the configuration holds it. */
export interface OpnSenseAlias {
  readonly name: string;
  readonly type: string;
  /** Default `1`. */
  enabled?: string;
}

/** OPNsense's API, as far as one alias and its rules go, with its many ways to say no. */
export class OpnSenseSandbox {
  readonly key = 'opn-key';
  readonly secret = 'opn-secret';
  /** Configured; undefined: there is no such alias. */
  alias: OpnSenseAlias | undefined = { name: 'crowdsec_blacklists', type: 'external' };
  /** Configured; those that pf has loaded are `loadedRules`. */
  rules: OpnRule[] = [{ action: 'block', ipprotocol: 'inet46', source_net: 'crowdsec_blacklists', enabled: '1' }];
  loadedRules: readonly OpnRule[] = [];
  readonly table = new PfTable('crowdsec_blacklists', new Date(0));
  /** Whether pf has the table. */
  isLoaded = true;
  /** Beginnings of addresses that this user may not ask for, such as `/api/diagnostics/`. */
  forbidden: readonly string[] = [];
  /** Both ends of each open connection. */
  states: (readonly [string, string])[] = [];
  /** Changes of the table or the configuration. */
  writes = 0;
  reconfigures = 0;
  #api: ApiServer | undefined;

  static async start(tls?: CertifiedKey): Promise<OpnSenseSandbox> {
    const sandbox = new OpnSenseSandbox();
    sandbox.load();
    sandbox.#api = await ApiServer.start((request) => sandbox.#answer(request), tls);
    return sandbox;
  }

  get api(): ApiServer {
    if (!this.#api) throw new Error('not started');
    return this.#api;
  }

  get url(): string {
    return this.api.url;
  }

  close(): Promise<void> {
    return this.api.close();
  }

  /** pf forgets everything and loads what is configured; an external alias has no file to come back from. */
  reboot(): void {
    this.table.entries.clear();
    this.isLoaded = false;
    this.load();
  }

  /** Filter and aliases as configured: a rule whose alias is not there is left out. */
  load(): void {
    const { alias } = this;
    this.isLoaded = alias !== undefined && alias.enabled !== '0';
    if (!this.isLoaded) this.table.entries.clear();
    this.loadedRules = this.rules.filter(
      ({ source_net: source, enabled }) => enabled === '1' && (source !== alias?.name || this.isLoaded),
    );
  }

  #answer(request: ApiRequest): ApiAnswer {
    const { method, path, headers, body } = request;
    const wanted = `Basic ${Buffer.from(`${this.key}:${this.secret}`).toString('base64')}`;
    if (headers.authorization !== wanted)
      return { status: 401, body: { status: 401, message: 'Authentication Failed' } };
    if (this.forbidden.some((start) => path.startsWith(start)))
      return { status: 403, body: { status: 403, message: 'Forbidden' } };
    const [, , module, group, command, name = ''] = path.split('/');
    switch (`${method} ${module ?? ''}/${group ?? ''}/${command ?? ''}`) {
      case 'GET firewall/alias/getAliasUUID':
        return ok(this.alias?.name === name ? { uuid: UUID } : []);
      case 'GET firewall/alias/searchItem':
        return ok({ total: 1, rows: this.alias ? [{ uuid: UUID, enabled: '1', ...this.alias }] : [] });
      case 'GET firewall/alias/getTableSize':
        return ok(this.#tableSize());
      case 'GET firewall/alias_util/aliases':
        return ok(['bogons', ...(this.isLoaded ? [this.table.name] : [])]);
      case 'GET firewall/alias_util/list':
      case 'POST firewall/alias_util/list':
        return ok(this.#list(Number(body['rowCount'] ?? ROWS)));
      case 'GET firewall/filter/searchRule':
        return ok({ total: this.rules.length, rows: this.rules });
      case 'GET diagnostics/firewall/pf_statistics':
        return ok({ rules: { 'filter rules': this.#statistics() } });
      default:
        return method === 'POST' ? this.#change(request, group ?? '', command ?? '', name) : notFound;
    }
  }

  #change({ body }: ApiRequest, group: string, command: string, name: string): ApiAnswer {
    switch (`${group}/${command}`) {
      case 'alias/reconfigure':
        this.reconfigures += 1;
        this.load();
        return ok({ status: 'ok' });
      case 'alias/addItem': {
        const item = body['alias'] as OpnSenseAlias;
        if (!/^\w{1,31}$/.test(item.name))
          return ok({ result: 'failed', validations: { 'alias.name': 'The name must be less than 32 characters.' } });
        this.alias = item;
        this.writes += 1;
        return ok({ result: 'saved', uuid: UUID });
      }
      case 'alias/toggleItem':
        if (this.alias && name === UUID) this.alias.enabled = '1';
        this.writes += 1;
        return ok({ result: 'Enabled', changed: true });
      case 'filter/addRule':
        this.rules.unshift({ ...(body['rule'] as OpnRule), uuid: `rule-${this.writes}` });
        this.writes += 1;
        return ok({ result: 'saved', uuid: this.rules[0]?.uuid });
      case 'filter/delRule': {
        const before = this.rules.length;
        this.rules = this.rules.filter(({ uuid }) => uuid !== name);
        this.writes += before - this.rules.length;
        return ok({ result: this.rules.length < before ? 'deleted' : 'not found' });
      }
      case 'alias/delItem':
        if (this.alias === undefined || name !== UUID) return ok({ result: 'not found' });
        if (this.rules.some(({ source_net: source }) => source === this.alias?.name))
          return ok({ result: 'failed', message: 'Cannot delete alias. Currently in use by rule' });
        this.alias = undefined;
        this.writes += 1;
        return ok({ result: 'deleted' });
      case 'firewall/kill_states':
        return this.#killStates(typeof body['filter'] === 'string' ? body['filter'] : '');
      case 'filter/apply':
        this.load();
        return ok({ status: 'OK\n\n' });
      case 'alias_util/add':
      case 'alias_util/delete':
        return this.#changeTable(command, name, String(body['address']));
      default:
        return notFound;
    }
  }

  /** A filter that is no network is a text to search for: nothing of ours may be that. */
  #killStates(filter: string): ApiAnswer {
    if (filter === '') return ok({ result: 'failed' });
    const network = parsePrefix(filter);
    const before = this.states.length;
    this.states = this.states.filter((ends) => !ends.some((end) => contains(network, parsePrefix(end))));
    return ok({ result: 'ok', dropped_states: before - this.states.length });
  }

  /** pfctl makes a table that is not there; no rule uses it until the filter is loaded anew. */
  #changeTable(command: string, name: string, address: string): ApiAnswer {
    if (!/^[0-9a-f:./_]+$/.test(address)) return ok({ status: 'not_an_address' });
    if (this.alias?.name !== name) return ok({ status: 'failed', status_msg: `nonexistent alias ${name}` });
    this.writes += 1;
    if (command === 'add') {
      this.isLoaded = true;
      this.table.add([parsePrefix(address)]);
    } else this.table.remove([parsePrefix(address)]);
    return ok({ status: 'done' });
  }

  #list(max: number): object {
    const all = this.isLoaded ? this.table.sorted().map(({ text }) => ({ ip: text })) : [];
    const rows = max === -1 ? all : all.slice(0, max);
    return { total: all.length, rowCount: rows.length, current: 1, rows };
  }

  #tableSize(): object {
    const { packets, bytes } = this.table.counters;
    const count = this.table.entries.size;
    const table = { in_block_p: packets, in_block_b: bytes, out_block_p: 0, out_block_b: 0, count, updated: null };
    return { status: 'ok', size: 1_000_000, used: count, details: this.isLoaded ? { [this.table.name]: table } : {} };
  }

  #statistics(): object {
    return Object.fromEntries(
      this.loadedRules.flatMap((rule) =>
        (rule.ipprotocol === 'inet46' ? (['inet', 'inet6'] as const) : [rule.ipprotocol]).map((family, index) => [
          ruleText(rule, family, index, this.table),
          countersOf(rule, family),
        ]),
      ),
    );
  }
}

const notFound: ApiAnswer = { status: 404, body: { errorMessage: 'Endpoint not found' } };

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}
