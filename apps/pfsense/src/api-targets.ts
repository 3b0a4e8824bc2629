import type { AnyTarget } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';
import { ApiClient } from './api/api-client.ts';
import type { PfSenseValues } from './config.ts';
import { OpnSenseApi } from './opnsense/opnsense-api.ts';
import { applyOpnSense, removeOpnSense } from './opnsense/opnsense-setup.ts';
import { OpnSenseTarget } from './opnsense/opnsense-target.ts';
import { RestApi } from './rest/rest-api.ts';
import { RestTarget } from './rest/rest-target.ts';
import { ruleOfferOf } from './rule-offer.ts';
import type { SetupByApi } from './ssh/firewall-settings.ts';

/** The target of the modes `rest` and `opnsense`. */
export function apiTarget(values: PfSenseValues, clock: Clock): AnyTarget {
  const { mode, apiUrl = '', caFile, alias, killStates, writeInterval } = values;
  const host = new URL(apiUrl).host;
  const address = { url: apiUrl, caFile };
  const client = clientOf(values);
  const options = { killStates, writeInterval, offer: ruleOfferOf(values) };
  if (mode === 'opnsense')
    return new OpnSenseTarget(`opnsense ${host}`, new OpnSenseApi(client, alias), address, clock, options);
  return new RestTarget(`pfsense ${host}`, new RestApi(client, alias), address, clock, options);
}

/** What makes alias and rule of an OPNsense whose list goes over SSH. */
export function opnSenseSetupOf(values: PfSenseValues): SetupByApi {
  const api = new OpnSenseApi(clientOf(values), values.alias);
  const offer = ruleOfferOf(values);
  return {
    apply: (dry, signal) => applyOpnSense(api, offer, dry, signal),
    remove: (dry, signal) => removeOpnSense(api, dry, signal),
  };
}

function clientOf({ mode, apiUrl = '', caFile, apiKey, apiSecret, user, password }: PfSenseValues): ApiClient {
  const secrets = [apiKey, apiSecret, password];
  const address = { url: apiUrl, caFile };
  return new ApiClient({
    ...address,
    refresh: () => secrets.map((secret) => secret?.refresh() === true).some(Boolean),
    headers: () => {
      if (mode !== 'rest') return basic(apiKey?.value() ?? '', apiSecret?.value() ?? '');
      return apiKey ? { 'X-API-Key': apiKey.value() } : basic(user, password?.value() ?? '');
    },
  });
}

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
