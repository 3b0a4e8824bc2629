import type { AnyTarget } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';
import { ApiClient } from './api/api-client.ts';
import type { PfSenseValues } from './config.ts';
import { OpnSenseApi } from './opnsense/opnsense-api.ts';
import { OpnSenseTarget } from './opnsense/opnsense-target.ts';
import { RestApi } from './rest/rest-api.ts';
import { RestTarget } from './rest/rest-target.ts';

/** The target of the modes `rest` and `opnsense`. */
export async function apiTarget(values: PfSenseValues, clock: Clock): Promise<AnyTarget> {
  await Promise.resolve();
  const { mode, apiUrl = '', caFile, alias, apiKey, apiSecret, user, password } = values;
  const host = new URL(apiUrl).host;
  const secrets = [apiKey, apiSecret, password];
  const address = { url: apiUrl, caFile };
  const client = new ApiClient({
    ...address,
    refresh: () => secrets.map((secret) => secret?.refresh() === true).some(Boolean),
    headers: () => {
      if (mode === 'opnsense') return basic(apiKey?.value() ?? '', apiSecret?.value() ?? '');
      return apiKey ? { 'X-API-Key': apiKey.value() } : basic(user, password?.value() ?? '');
    },
  });
  if (mode === 'opnsense')
    return new OpnSenseTarget(`opnsense ${host}`, new OpnSenseApi(client, alias), address, clock);
  return new RestTarget(`pfsense ${host}`, new RestApi(client, alias), address, clock);
}

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
