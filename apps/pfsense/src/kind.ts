import { defineKind, type AnyTarget } from '@bouncer/target';
import { pfsenseSettings, validatePfSense } from './config.ts';
import type { PfSenseValues } from './config.ts';
import { ruleOfferOf } from './rule-offer.ts';
import { servedAt } from './serve/served-at.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';

/** Where cs-blocklist-mirror serves as well; on every address, since the firewall has to reach it. */
const SERVE_LISTEN = '0.0.0.0:41412';

/** The pfSense connector. What a mode does not need is not loaded. */
export const kind = defineKind({
  name: 'pfsense',
  type: 'crowdsec-pfsense-bouncer',
  title: 'pfSense',
  summary: "Keeps CrowdSec's decisions in an alias of a pfSense or OPNsense firewall.",
  settings: pfsenseSettings,
  deviceHosts: (values) => [
    ...values.host.map(({ host }) => host),
    ...(values.apiUrl === undefined ? [] : [new URL(values.apiUrl).hostname.replace(/^\[|\]$/g, '')]),
  ],
  validate: validatePfSense,
  async createTargets(values, { clock, log }): Promise<readonly AnyTarget[]> {
    const served = await servedList(values);
    if (values.mode === 'serve') return served;
    if (values.mode === 'rest' || values.mode === 'opnsense') {
      return [(await import('./api-targets.ts')).apiTarget(values, clock), ...served];
    }
    const { SshTarget } = await import('./ssh-target.ts');
    const { Twins } = await import('./ssh/twins.ts');
    const twins = new Twins();
    const opnsense = isOpnSense(values) ? (await import('./api-targets.ts')).opnSenseSetupOf(values) : undefined;
    return [
      ...firewallsOf(values).map((settings) => new SshTarget({ ...settings, opnsense, twins }, clock, log)),
      ...served,
    ];
  },
});

/** `ssh-table` with the settings of OPNsense's API: the list goes by SSH, alias and rule by the API. */
function isOpnSense({ mode, apiUrl, apiSecret }: PfSenseValues): boolean {
  return mode === 'ssh-table' && apiUrl !== undefined && apiSecret !== undefined;
}

/** One set of settings for each firewall. */
function firewallsOf(values: PfSenseValues): readonly FirewallSettings[] {
  const hostKeys = values.hostKey.map((pin) => pin.replace(/=+$/, ''));
  return values.host.map(({ host, port = values.sshPort }) => {
    const own = { host, port, hostKeys, file: values.mode === 'ssh', offer: ruleOfferOf(values) };
    const hosts = values.host.map((each) => each.host);
    return { ...values, ...own, hosts, ...servedAt(values, host) };
  });
}

/** The served list: the only target of `serve`, and one more where it is wanted beside another way. */
async function servedList(values: PfSenseValues): Promise<AnyTarget[]> {
  const { mode, alias, listenUser, listenPassword, listenCertFile, listenKeyFile } = values;
  const listen = mode === 'serve' && values.listen === 'off' ? SERVE_LISTEN : values.listen;
  if (listen === 'off') return [];
  const { ServeTarget } = await import('./serve/serve-target.ts');
  const tls = listenCertFile !== undefined &&
    listenKeyFile !== undefined && { certFile: listenCertFile, keyFile: listenKeyFile };
  const login = { user: listenUser, password: listenPassword };
  const words = { offer: ruleOfferOf(values), listenUrl: values.listenUrl };
  return [new ServeTarget({ listen, alias, ...login, ...(tls && { tls }), ...words, isExtra: mode !== 'serve' })];
}
