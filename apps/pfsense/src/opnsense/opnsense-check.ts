import { errorStep, failed, passed, warned, type CheckStep } from '@bouncer/target';
import { callFailed } from '../api/api-check.ts';
import type { OpnSenseApi } from './opnsense-api.ts';
import { readCounts, ruleStep } from './opnsense-rules.ts';

/** The doctor's half of an OPNsense behind its API, once it is reached. What cannot be tried after a failure is left out. Writes nothing. */
export async function* checkOpnSense(
  api: OpnSenseApi,
  { killStates }: { readonly killStates: boolean },
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { alias } = api;
  try {
    await api.find(signal);
    yield passed('login', 'the API of OPNsense answers and accepts the key');
  } catch (error) {
    signal.throwIfAborted();
    const step = callFailed(error, 'api');
    if (step.step === 'rights') yield passed('login', 'the API of OPNsense accepts the key');
    yield step;
    return;
  }
  let entries = 0;
  try {
    const tables = await api.tables(signal);
    entries = (await api.list(signal)).length;
    yield passed('rights', 'the alias and its table can be read');
    yield judgeAlias(alias, await api.read(signal), entries, tables);
  } catch (error) {
    signal.throwIfAborted();
    yield callFailed(error, 'alias');
    return;
  }
  yield await ruleStep(api, signal);
  yield await roomStep(api, entries, signal);
  const seen = killStates
    ? 'open connections of newly banned addresses are ended (privilege Diagnostics: Show States)'
    : 'open connections of newly banned addresses go on until they end by themselves';
  yield killStates ? passed('states', seen) : warned('states', seen, 'set PFSENSE_KILL_STATES=true');
}

function judgeAlias(
  alias: string,
  { type, enabled }: { readonly type: string | undefined; readonly enabled: boolean },
  entries: number,
  tables: readonly string[] | undefined,
): CheckStep {
  const seen = `${alias}: ${type ?? 'type unknown'}, ${entries} entries`;
  const no = (more: string, fix: string): CheckStep => failed('alias', `${seen}${more}`, fix);
  // The API prints the type's name for people in some releases: "External (advanced)".
  if (type !== undefined && !/^external/i.test(type)) {
    return no(
      '',
      'make it anew with type "External (advanced)": of any other type every address is written to the configuration',
    );
  }
  if (!enabled) return no(', disabled', 'Firewall > Aliases: enable it and Apply; or setup --apply');
  if (tables && !tables.includes(alias)) {
    return no(', not loaded by pf', 'Firewall > Aliases > Apply; `run` does it at its start as well');
  }
  return passed('alias', seen);
}

async function roomStep(api: OpnSenseApi, entries: number, signal: AbortSignal): Promise<CheckStep> {
  try {
    const counts = await readCounts(api, signal);
    if (counts?.limit === undefined)
      return warned('room', `${entries} entries; the limit is unknown`, 'see Firewall > Settings > Advanced');
    const { limit, used = 0 } = counts;
    const seen = `${entries} entries; all tables hold ${used} of ${limit}`;
    const fix = 'raise Firewall > Settings > Advanced > Firewall Maximum Table Entries, or set MAX_ENTRIES';
    return limit - used >= 1000 ? passed('room', seen) : failed('room', seen, fix);
  } catch (error) {
    signal.throwIfAborted();
    return errorStep('room', error);
  }
}
