import { isIP } from 'node:net';
import { hintOf, kindOf, type Clock } from '@bouncer/stream';
import type { CheckStep } from '@bouncer/connector';
import { dnsStep, failed, passed, tcpOpens } from '../reach.ts';
import { aliasKind, aliasProblem, roomFor } from './alias-state.ts';
import { connectionError } from './errors.ts';
import { Firewall } from './firewall.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { aliasField, type Report } from './report.ts';

/** The doctor's half of the firewall. What cannot be tried after a failure is left out. Writes nothing. */
export async function* checkFirewall(
  settings: FirewallSettings,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { host, port, user } = settings;
  const name = await dnsStep(host, 'PFSENSE_HOST');
  yield name;
  if (!name.ok) return;
  try {
    await tcpOpens(host, port, clock, signal);
    yield passed('tcp', `port ${port} of ${host} accepts connections`);
  } catch (error) {
    signal.throwIfAborted();
    yield failed('tcp', connectionError(error as Error, settings));
    return;
  }
  let firewall: Firewall | undefined;
  try {
    firewall = await Firewall.connect(settings, clock, signal);
    yield passed('host key', settings.hostKeys.length > 0 ? 'the pinned one' : 'known to the known_hosts file');
  } catch (error) {
    signal.throwIfAborted();
    if (kindOf(error) !== 'host-key' && hintOf(error).includes('PFSENSE_USER')) yield passed('host key', 'as expected');
    yield failed(kindOf(error) === 'host-key' ? 'host key' : 'login', error);
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
    yield failed('rights', error);
  } finally {
    firewall.close();
  }
}

/** What the firewall's own words say about alias, rule, room and rivals. */
function* checkReport(report: Report, settings: FirewallSettings): Generator<CheckStep> {
  const { alias } = settings;
  const problem = aliasProblem(report, settings);
  if (problem) {
    yield failed('alias', problem);
    return;
  }
  const table = report.tables.get(alias);
  const kind = aliasKind(report, alias);
  yield passed('alias', `${alias}: ${kind === 'file' ? 'URL table' : kind}, ${table?.addresses ?? 0} entries`);
  yield checkRule(report, settings);
  const most = roomFor(report, settings);
  const held = table?.addresses ?? 0;
  const seen = `${held} entries, room for ${most === Infinity ? 'any number' : most}; limit ${report.tableEntries ?? 'unknown'}`;
  const fix = `raise System > Advanced > Firewall & NAT > Firewall Maximum Table Entries, or set MAX_ENTRIES=${most}`;
  yield held <= most && most > 1000 ? passed('room', seen) : { ok: false, level: 'fail', step: 'room', seen, fix };
  yield checkRival(report, settings);
}

function checkRule({ tables, line }: Report, { alias, file }: FirewallSettings): CheckStep {
  const rules = tables.get(alias)?.rules ?? 0;
  if (rules > 0) return passed('rule', rules === 1 ? '1 rule uses the table' : `${rules} rules use the table`);
  const late = file && line === '' ? ' yet; the first list makes pfSense load its rules anew' : '';
  return {
    ok: false,
    level: 'fail',
    step: 'rule',
    seen: `no rule uses the table of ${alias}${late}: the list is kept, but nothing is blocked`,
    fix: `Firewall > Rules > WAN > Add to the top: Block, IPv4+IPv6, any protocol, source ${alias}; or setup --apply`,
  };
}

/** CrowdSec's own package empties the same table whenever it starts or stops. */
function checkRival(report: Report, { alias }: FirewallSettings): CheckStep {
  const rival = report.package !== '' || /DO NOT EDIT/i.test(aliasField(report.alias, 'descr'));
  if (!rival) return passed('package', "CrowdSec's own package is not there");
  return {
    ok: false,
    level: 'fail',
    step: 'package',
    seen: `CrowdSec's own package is installed: it empties the table ${alias} whenever it starts or stops`,
    fix: 'remove the package crowdsec (System > Package Manager), or set PFSENSE_ALIAS to a name of its own',
  };
}
