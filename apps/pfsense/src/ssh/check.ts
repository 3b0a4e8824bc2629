import { isIP } from 'node:net';
import { hintOf, kindOf, type Clock } from '@bouncer/stream';
import { dnsStep, errorStep, failed, passed, tcpStep, warned, shown, type CheckStep } from '@bouncer/target';
import { aliasKind, aliasProblem } from './alias-state.ts';
import { connectionError } from './errors.ts';
import { Firewall } from './firewall.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { judge } from './judge.ts';
import { aliasField } from './report.ts';
import type { Report } from './report.ts';
import { mostEntries, roomOf } from './room.ts';

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
    yield passed('login', `user ${shown(user)}${from}`);
    yield passed(
      'rights',
      `a shell, and pf answers${settings.sudo ? ' by sudo' : ''}; ${report.version || 'version unknown'}`,
    );
    yield* checkReport(report, settings);
  } catch (error) {
    signal.throwIfAborted();
    if (!firewall.error) yield passed('login', `user ${shown(user)}`);
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
  yield* urlStep(report);
  yield* judge(report, settings);
  yield roomStep(report, settings, table?.addresses ?? 0);
  yield* diskStep(report, settings);
  yield* pairStep(report, settings);
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

/** Enough for any list that is worth a firewall. */
const ENOUGH = 1000;

function roomStep(report: Report, settings: FirewallSettings, held: number): CheckStep {
  const { tableEntries } = report;
  if (tableEntries === undefined)
    return warned('room', `${held} entries; pf does not tell its limit`, 'see `pfctl -s memory`');
  const room = roomOf(report, settings);
  const most = mostEntries(room);
  const seen = `${held} entries; room for ${room.now} now, and for ${room.atReload} at the next filter reload; limit ${tableEntries}`;
  const alone = roomOf(report, { ...settings, file: false });
  const other =
    settings.file && mostEntries(alone) > most
      ? `; PFSENSE_MODE=ssh-table has room for ${mostEntries(alone)}: no file that a reload reads beside the live table`
      : '';
  const fix = `raise System > Advanced > Firewall & NAT > Firewall Maximum Table Entries (a reload needs each table with a file twice), or set MAX_ENTRIES=${most}${other}`;
  if (held > most || most <= ENOUGH || room.atReload === 0) return failed('room', seen, fix);
  return held < most ? passed('room', seen) : warned('room', `${seen}: the list is as long as it can be`, fix);
}

/** Whether the file behind the table can be written. Kilobytes that are left for it: a list of 100,000 has 1,600. */
function diskStep({ disk }: Report, { file, alias }: FirewallSettings): CheckStep[] {
  if (!file || !disk) return [];
  const { mount, freeKilobytes, missing, locked } = disk;
  const place = `/var/db/aliastables/${alias}.txt on the file system ${mount}`;
  if (missing)
    return [warned('file', `${place}: its folder is not there; it will be made`, 'nothing, unless it goes on missing')];
  const fix = (what: string): string => `${what}, or use PFSENSE_MODE=ssh-table, which needs no file`;
  const cost = 'the list is in force without it, but a filter reload or reboot brings an older one back';
  if (locked)
    return [warned('file', `${place} cannot be written (read-only): ${cost}`, fix(`mount ${mount} to be written`))];
  if (freeKilobytes < 2 * 1024)
    return [warned('file', `${place}: ${freeKilobytes} kB are left: ${cost}`, fix(`make room on ${mount}`))];
  return [passed('file', `${place}, ${Math.floor(freeKilobytes / 1024)} MB are left`)];
}

/** pfSense hands alias and rule to the other node of a pair, and the list is nothing that it hands on. */
function pairStep({ partners }: Report, { hosts = [] }: FirewallSettings): CheckStep[] {
  const lacking = partners.filter((partner) => !hosts.includes(partner));
  if (partners.length === 0) return [];
  const seen = `alias and rule are handed on to ${partners.join(', ')}`;
  // A name may stand for the other node: then nobody can tell from here.
  if (lacking.length === 0 || hosts.some((host) => isIP(host) === 0)) return [passed('pair', seen)];
  const fix = `PFSENSE_HOST=${[...hosts, ...lacking].join(',')}, with SSH and the key there as well; alias and rule are made here alone`;
  return [warned('pair', `${seen}, the list is not: PFSENSE_HOST does not name it`, fix)];
}

/** pfSense asks the URL once the file is old; on 127.0.0.1 its own web interface may answer. */
function urlStep({ alias }: Report): CheckStep[] {
  const url = aliasField(alias, 'url');
  if (!/^https?:\/\/127\.0\.0\.1(:443|:80)?\//.test(url)) return [];
  const seen = `the URL of the alias is ${url}: what answers there with 200 takes the place of the list`;
  return [warned('url', seen, '`setup --apply` sets another one')];
}
