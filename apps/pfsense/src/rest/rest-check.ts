import type { CheckStep } from '@bouncer/connector';
import { kindOf, messageOf } from '@bouncer/stream';
import { callFailed } from '../api-check.ts';
import { failed, passed } from '../reach.ts';
import type { RestApi } from './rest-api.ts';
import { REST_MOST } from './rest-most.ts';

/** The doctor's half of a pfSense behind its REST API, once it is reached. What cannot be tried after a failure is left out. Writes nothing. */
export async function* checkRest(api: RestApi, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const { alias } = api;
  try {
    const { type, addresses } = await api.read(signal);
    yield passed('login', 'the REST API answers and knows us');
    yield passed('rights', 'aliases can be read; the rights to write are used by `sync` alone');
    yield passed('alias', `${alias}: type ${type}, ${addresses.length} entries`);
    yield await ruleStep(api, signal);
    const seen = `${addresses.length} entries; at most ${REST_MOST} are kept unless MAX_ENTRIES says otherwise`;
    yield passed('room', seen);
  } catch (error) {
    signal.throwIfAborted();
    const step = callFailed(error, 'api');
    if (step.step === 'rights' || step.step === 'alias') yield passed('login', 'the REST API knows us');
    yield step;
  }
}

/** Only here is the right to read rules needed; without it nobody can tell whether anything is blocked. */
async function ruleStep(api: RestApi, signal: AbortSignal): Promise<CheckStep> {
  const { alias } = api;
  try {
    const rules = await api.rules(signal);
    if (rules > 0) return passed('rule', rules === 1 ? '1 rule uses the alias' : `${rules} rules use the alias`);
    return {
      ok: false,
      level: 'fail',
      step: 'rule',
      seen: `no rule uses the alias ${alias}: the list is kept, but nothing is blocked`,
      fix: `Firewall > Rules > WAN > Add to the top: Block, IPv4+IPv6, any protocol, source ${alias}`,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (kindOf(error) === 'rights') return failed('rule', error);
    return passed('rule', `not looked at: ${messageOf(error)}`);
  }
}
