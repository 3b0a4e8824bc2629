import { isIP } from 'node:net';
import { hintOf, kindOf, type Clock } from '@bouncer/stream';
import { dnsStep, errorStep, failed, passed, tcpStep, warned, type CheckStep } from '@bouncer/target';
import { aliasKind, aliasProblem, roomFor } from './alias-state.ts';
import { connectionError } from './errors.ts';
import { Firewall } from './firewall.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { judge } from './judge.ts';
import { aliasField } from './report.ts';
import type { Report } from './report.ts';

/** Tables of the package crowdsec of pfSense. Source: its crowdsec.inc. */
const PACKAGE_TABLES = new Set(['crowdsec_blacklists', 'crowdsec6_blacklists']);

/** The doctor's half of the firewall. What cannot be tried after a failure is left out. Writes nothing. */
export async function* checkFirewall(
  settings: FirewallSettings,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { host, user } = settings;
  const name = await dnsStep(host, 'add the name to DNS or /etc/hosts, or set PFSENSE_HOST as an address');
  yield name;
  if (!name.ok) return;
  const way = await tcpStep(settings, signal, (error) => connectionError(error, settings), clock);
  yield way;
  if (!way.ok) return;
  let firewall: Firewall | undefined;
  try {
    firewall = await Firewall.connect(settings, clock, signal);
    yield passed('host key', settings.hostKeys.length > 0 ? 'the pinned one' : 'known to the known_hosts file');
  } catch (error) {
    signal.throwIfAborted();
    if (kindOf(error) !== 'host-key' && hintOf(error).includes('PFSENSE_USER')) yield passed('host key', 'as expected');
    yield errorStep(kindOf(error) === 'host-key' ? 'host key' : 'login', error);
    return;
  }
  try {
    const report = await firewall.ask('facts', signal);
    const from = isIP(report.client) === 0 ? '' : `, from ${report.client} as the firewall sees it`;
    yield passed('login', `user ${JSON.stringify(user)}${from}`);
    yield passed(
      'rights',
      `a shell, and pf answers${settings.sudo ? ' by sudo' : ''}; ${report.version || 'version unknown'}`,
    );
    yield* checkReport(report, settings);
  } catch (error) {
    signal.throwIfAborted();
    if (!firewall.error) yield passed('login', `user ${JSON.stringify(user)}`);
    yield errorStep('rights', error);
  } finally {
    firewall.close();
  }
}

/** What the firewall's own words say about alias, rule, room and rivals. */
function* checkReport(report: Report, settings: FirewallSettings): Generator<CheckStep> {
  const { alias } = settings;
  const problem = aliasProblem(report, settings);
  if (problem) {
    yield errorStep('alias', problem);
    return;
  }
  const table = report.tables.get(alias);
  const kind = aliasKind(report, alias);
  yield passed('alias', `${alias}: ${kind === 'file' ? 'URL table' : kind}, ${table?.addresses ?? 0} entries`);
  yield* judge(report, settings);
  const max = roomFor(report, settings);
  const held = table?.addresses ?? 0;
  const seen = `${held} entries, room for ${max === Infinity ? 'any number' : max}; limit ${report.tableEntries ?? 'unknown'}`;
  const fix = `raise System > Advanced > Firewall & NAT > Firewall Maximum Table Entries, or set MAX_ENTRIES=${max}`;
  yield held <= max && max > 1000 ? passed('room', seen) : failed('room', seen, fix);
  yield statesStep(settings);
  yield checkRival(report, settings);
}

/** CrowdSec's own package empties its tables whenever it starts or stops; other names are none of its business. */
function checkRival(report: Report, { alias }: FirewallSettings): CheckStep {
  const isOurs = /DO NOT EDIT/i.test(aliasField(report.alias, 'descr'));
  if (!isOurs && report.package === '') return passed('package', "CrowdSec's own package is not there");
  if (!isOurs && !PACKAGE_TABLES.has(alias)) {
    return passed('package', `CrowdSec's own package is there; it keeps other tables than ${alias}`);
  }
  return failed(
    'package',
    `CrowdSec's own package is installed: it empties the table ${alias} whenever it starts or stops`,
    'remove the package crowdsec (System > Package Manager), or set PFSENSE_ALIAS to a name of its own',
  );
}

function statesStep({ killStates }: FirewallSettings): CheckStep {
  if (killStates) return passed('states', 'open connections of newly banned addresses are ended');
  const seen = 'open connections of newly banned addresses go on until they end by themselves';
  return warned('states', seen, 'set PFSENSE_KILL_STATES=true');
}
