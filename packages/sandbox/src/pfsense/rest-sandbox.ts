import { parsePrefix } from './prefix.ts';
import type { CertifiedKey } from '../certificates/certificate-authority.ts';
import { ApiServer } from './rest-server.ts';
import type { ApiAnswer, ApiRequest } from './rest-server.ts';

/** An alias as the REST API keeps it; its id is its place. */
export interface RestRow {
  readonly name: string;
  readonly type: 'host' | 'network' | 'port';
  address: string[];
  readonly descr?: string;
}

/** How the API is to be. */
export interface RestSandboxOptions {
  readonly key?: string;
  readonly aliases?: readonly RestRow[];
  /** Sources of enabled block rules. */
  readonly rules?: readonly string[];
  /** Before 2.5.4: 128. */
  readonly maxAddresses?: number;
  /** Privileges that the key's user lacks, such as `api-v2-firewall-alias-patch`. */
  readonly missingPrivileges?: readonly string[];
  readonly readOnly?: boolean;
  readonly tls?: CertifiedKey;
}

/** pfSense's REST API v2, as far as aliases go, with its envelopes. */
export class RestSandbox {
  readonly aliases: RestRow[];
  /** What pf holds: the aliases as they were applied last. */
  loaded = new Map<string, readonly string[]>();
  /** Subsystems of which something waits to be applied, whoever has written it. */
  readonly pending = new Set<string>();
  /** Changes of config.xml. */
  writes = 0;
  readonly key: string;
  /** Sources of enabled block rules. */
  readonly rules: string[];
  /** What they were made with, where the API has made them. */
  readonly made: Record<string, unknown>[];
  readonly #options: RestSandboxOptions;
  #api: ApiServer | undefined;

  private constructor(options: RestSandboxOptions) {
    this.#options = options;
    this.key = options.key ?? 'rest-key';
    this.rules = [...(options.rules ?? [])];
    this.made = this.rules.map(() => ({}));
    this.aliases = [
      ...(options.aliases ?? [
        { name: 'other', type: 'host', address: ['10.0.0.1'] },
        { name: 'crowdsec_blacklists', type: 'network', address: [] },
      ]),
    ].map((row) => ({ ...row }));
    this.#load();
  }

  static async start(options: RestSandboxOptions = {}): Promise<RestSandbox> {
    const sandbox = new RestSandbox(options);
    sandbox.#api = await ApiServer.start((request) => sandbox.#answer(request), options.tls);
    return sandbox;
  }

  get api(): ApiServer {
    if (!this.#api) throw new Error('not started');
    return this.#api;
  }

  get applied(): boolean {
    return this.pending.size === 0;
  }

  get url(): string {
    return this.api.url;
  }

  alias(name = 'crowdsec_blacklists'): RestRow | undefined {
    return this.aliases.find((row) => row.name === name);
  }

  close(): Promise<void> {
    return this.api.close();
  }

  #answer(request: ApiRequest): ApiAnswer {
    const { method, path, headers } = request;
    if (headers['x-api-key'] !== this.key) return problem(401, 'AUTH_AUTHENTICATION_FAILED', 'Authentication failed.');
    const privilege = `${path.slice('/api/'.length).replaceAll(/[/_]/g, '-')}-${method.toLowerCase()}`;
    if (this.#options.missingPrivileges?.includes(`api-${privilege}`)) {
      return problem(403, 'AUTH_AUTHORIZATION_FAILED', 'Authorization failed.');
    }
    if (this.#options.readOnly && method !== 'GET') {
      return problem(405, 'ENDPOINT_METHOD_NOT_ALLOWED_IN_READ_ONLY_MODE', 'The API is in read only mode.');
    }
    switch (`${method} ${path}`) {
      case 'GET /api/v2/firewall/aliases':
        return this.#list(request);
      case 'PATCH /api/v2/firewall/alias':
        return this.#patch(request);
      case 'POST /api/v2/firewall/alias':
        return this.#create(request);
      case 'POST /api/v2/firewall/rule':
        return this.#createRule(request);
      case 'POST /api/v2/firewall/apply':
        this.#load();
        return ok({ applied: true, pending_subsystems: [] });
      case 'GET /api/v2/firewall/apply':
        return ok({ applied: this.applied, pending_subsystems: [...this.pending] });
      case 'GET /api/v2/firewall/rules':
        return ok(this.rules.map((source, id) => ({ id, type: 'block', source, disabled: false, ...this.made[id] })));
      case 'DELETE /api/v2/firewall/rule':
      case 'DELETE /api/v2/firewall/alias':
        return this.#remove(request);
      default:
        return problem(404, 'ENDPOINT_NOT_FOUND', `No endpoint ${path}`);
    }
  }

  #list({ query }: ApiRequest): ApiAnswer {
    const rows = this.aliases.map((row, id) => ({ id, detail: [], descr: '', ...row }));
    const name = query.get('name');
    return ok(name === null ? rows : rows.filter((row) => row.name === name));
  }

  #create({ body }: ApiRequest): ApiAnswer {
    const row = body as unknown as RestRow;
    if (this.alias(row.name)) return problem(400, 'FIELD_MUST_BE_UNIQUE', 'Field `name` must be unique.');
    this.aliases.push({ ...row, address: [...row.address] });
    this.writes += 1;
    this.pending.add('filter');
    return ok({ id: this.aliases.length - 1, ...row });
  }

  /** By its place; an alias that a rule uses is refused. */
  #remove({ path, query }: ApiRequest): ApiAnswer {
    const id = Number(query.get('id'));
    const isRule = path.endsWith('/rule');
    const list: unknown[] = isRule ? this.rules : this.aliases;
    if (!(id in list)) return problem(404, 'MODEL_OBJECT_NOT_FOUND', 'Object with that ID does not exist.');
    if (!isRule && this.rules.includes(this.aliases[id]?.name ?? '')) {
      return problem(409, 'FIREWALL_ALIAS_IN_USE', 'Firewall alias cannot be deleted because it is in use.');
    }
    list.splice(id, 1);
    if (isRule) this.made.splice(id, 1);
    this.writes += 1;
    this.pending.add(isRule ? 'filter' : 'aliases');
    return ok({ id });
  }

  /** Its source has to be there: an alias, or `any`. */
  #createRule({ body }: ApiRequest): ApiAnswer {
    const source = String(body['source']);
    if (source !== 'any' && !this.alias(source)) {
      return problem(400, 'FILTER_NAME_FIELD_INVALID', `Field \`source\` value '${source}' is not known.`);
    }
    if (body['type'] === 'block') {
      const at = body['placement'] === undefined ? this.rules.length : Number(body['placement']);
      this.rules.splice(at, 0, source);
      this.made.splice(at, 0, body);
    }
    this.writes += 1;
    this.pending.add('aliases');
    return ok({ id: 0, ...body });
  }

  #patch({ body }: ApiRequest): ApiAnswer {
    const row = this.aliases[Number(body['id'])];
    if (!row) return problem(404, 'MODEL_OBJECT_NOT_FOUND', 'Object with that ID does not exist.');
    if (body['name'] !== undefined && body['name'] !== row.name) {
      return problem(400, 'FIELD_VALUE_CHANGED_WHEN_NOT_EDITABLE', 'Field `name` is not editable.');
    }
    const address = body['address'] as string[];
    const max = this.#options.maxAddresses ?? Infinity;
    if (address.length > max) {
      return problem(
        400,
        'LENGTH_VALIDATOR_MAXIMUM_CONSTRAINT',
        `Field \`address\` exceeds the maximum array length of ${max}.`,
      );
    }
    for (const one of address) {
      if (row.type === 'network' && (!one.includes('/') || !isPrefix(one))) {
        return problem(
          400,
          'INVALID_NETWORK_ALIAS_ADDRESS',
          `Network alias 'address' value '${one}' is not a valid network.`,
        );
      }
    }
    if (JSON.stringify(address) !== JSON.stringify(row.address)) {
      row.address = [...address];
      this.writes += 1;
      this.pending.add('aliases');
    }
    return ok({ id: body['id'], ...row });
  }

  #load(): void {
    this.loaded = new Map(this.aliases.map(({ name, address }) => [name, [...address]]));
    this.pending.clear();
  }
}

function ok(data: unknown): ApiAnswer {
  return { status: 200, body: { code: 200, status: 'ok', response_id: 'SUCCESS', message: '', data } };
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not found',
  405: 'method not allowed',
  503: 'service unavailable',
};

/** A failure in pfSense's envelope. */
export function problem(code: number, id: string, message: string): ApiAnswer {
  const clean = message.replaceAll(/["']/g, '`');
  return { status: code, body: { code, status: WORDS[code] ?? '', response_id: id, message: clean, data: [] } };
}

function isPrefix(text: string): boolean {
  try {
    parsePrefix(text);
    return true;
  } catch {
    return false;
  }
}
