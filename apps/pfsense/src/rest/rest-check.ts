import { passed, warned, type CheckStep } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import { callFailed } from '../api/api-check.ts';
import { judgeRows } from '../rules/judge-rows.ts';
import type { RestApi } from './rest-api.ts';
import { REST_MAX_ENTRIES } from './rest-limit.ts';
import type { RestOptions } from './rest-target.ts';

/** The doctor's half of a pfSense behind its REST API, once it is reached. What cannot be tried after a failure is left out. Writes nothing. */
export async function* checkRest(
  api: RestApi,
  { killStates, writeInterval }: Pick<RestOptions, 'killStates' | 'writeInterval'>,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { alias } = api;
  try {
    const { type, addresses } = await api.read(signal);
    yield passed('login', 'the REST API answers and accepts the credentials');
    yield passed('rights', 'aliases can be read; the rights to write are used by `sync` alone');
    yield passed('alias', `${alias}: type ${type}, ${addresses.length} entries`);
    yield await ruleStep(api, signal);
    const seen = `${addresses.length} entries; at most ${REST_MAX_ENTRIES} are kept unless MAX_ENTRIES says otherwise`;
    yield passed('room', seen);
    const every = `a change is written at most every ${Math.round(writeInterval / 6) / 10} minutes: each is one of the 30 revisions that pfSense keeps`;
    const pending = await api.pending(signal);
    const waits = `changes wait to be applied (${pending.join(', ')}): the list is not written until they are`;
    if (pending.length === 0) yield passed('writes', every);
    else yield warned('writes', waits, 'Apply Changes on the firewall');
    if (killStates)
      yield warned(
        'states',
        'this API cannot end open connections: those of newly banned addresses go on',
        'use PFSENSE_MODE=ssh, or set PFSENSE_KILL_STATES=false',
      );
    else yield passed('states', 'open connections of newly banned addresses go on, as it was set');
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
