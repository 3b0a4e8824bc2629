import { passed, warned, type CheckStep } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import { callFailed } from '../api/api-check.ts';
import { judgeRows } from '../rules/judge-rows.ts';
import type { RestApi } from './rest-api.ts';
import { REST_MAX_ENTRIES } from './rest-limit.ts';

/** The doctor's half of a pfSense behind its REST API, once it is reached. What cannot be tried after a failure is left out. Writes nothing. */
export async function* checkRest(api: RestApi, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const { alias } = api;
  try {
    const { type, addresses } = await api.read(signal);
    yield passed('login', 'the REST API answers and accepts the credentials');
    yield passed('rights', 'aliases can be read; the rights to write are used by `sync` alone');
    yield passed('alias', `${alias}: type ${type}, ${addresses.length} entries`);
    yield await ruleStep(api, signal);
    const seen = `${addresses.length} entries; at most ${REST_MAX_ENTRIES} are kept unless MAX_ENTRIES says otherwise`;
    yield passed('room', seen);
  } catch (error) {
    signal.throwIfAborted();
    const step = callFailed(error, 'api');
    if (step.step === 'rights' || step.step === 'alias') yield passed('login', 'the REST API accepts the credentials');
    yield step;
  }
}

/** What the rules of the configuration do with a banned packet; a key without the right to read them cannot tell. */
export async function ruleStep(api: RestApi, signal: AbortSignal): Promise<CheckStep> {
  try {
    return judgeRows(await api.rules(signal), api.alias);
  } catch (error) {
    signal.throwIfAborted();
    const fix = hintOf(error) || 'check that a rule at the top of WAN blocks what is in the alias';
    return warned('rule', `the rules cannot be seen: ${messageOf(error)}`, fix);
  }
}
