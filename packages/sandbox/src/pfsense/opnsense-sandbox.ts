import { PfTable } from './pf-table.ts';
import { parsePrefix } from './prefix.ts';
import { ApiServer, type ApiAnswer, type ApiRequest } from './rest-server.ts';

/** OPNsense's API, as far as one alias goes, with its many ways to say no. */
export class OpnSenseSandbox {
  readonly key = 'opn-key';
  readonly secret = 'opn-secret';
  /** Undefined: there is no such alias. */
  alias: { name: string; type: string } | undefined = { name: 'crowdsec_blacklists', type: 'external' };
  readonly table = new PfTable('crowdsec_blacklists', new Date(0));
  writes = 0;
  #api: ApiServer | undefined;

  static async start(): Promise<OpnSenseSandbox> {
    const sandbox = new OpnSenseSandbox();
    sandbox.#api = await ApiServer.start((request) => sandbox.#answer(request));
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

  #answer({ method, path, headers, body }: ApiRequest): ApiAnswer {
    const wanted = `Basic ${Buffer.from(`${this.key}:${this.secret}`).toString('base64')}`;
    if (headers.authorization !== wanted)
      return { status: 401, body: { status: 401, message: 'Authentication Failed' } };
    const [, , group, what, command = '', name = ''] = path.split('/');
    if (group !== 'firewall') return { status: 404, body: { errorMessage: 'Endpoint not found' } };
    const known = this.alias?.name === name;
    switch (`${method} ${what ?? ''}/${command}`) {
      case 'GET alias/getAliasUUID':
        return { status: 200, body: known ? { uuid: '0e5a0b3e-0000-4000-8000-000000000001' } : [] };
      case 'GET alias/searchItem':
        return { status: 200, body: { total: 1, rows: this.alias ? [this.alias] : [] } };
      case 'POST alias/reconfigure':
        return { status: 200, body: { status: 'ok' } };
      case 'GET alias_util/list': {
        const rows = this.table.sorted().map(({ text }) => ({ ip: text }));
        return { status: 200, body: { total: rows.length, rowCount: -1, current: 1, rows } };
      }
      case 'POST alias_util/add':
      case 'POST alias_util/delete':
        return this.#change(command, name, String(body['address']), known);
      default:
        return { status: 404, body: { errorMessage: 'Endpoint not found' } };
    }
  }

  #change(command: string, name: string, address: string, known: boolean): ApiAnswer {
    if (!/^[0-9a-f:./_]+$/.test(address)) return { status: 200, body: { status: 'not_an_address' } };
    if (!known) return { status: 200, body: { status: 'failed', status_msg: `nonexistent alias ${name}` } };
    this.writes += 1;
    if (command === 'add') this.table.add([parsePrefix(address)]);
    else this.table.remove([parsePrefix(address)]);
    return { status: 200, body: { status: 'done' } };
  }
}
