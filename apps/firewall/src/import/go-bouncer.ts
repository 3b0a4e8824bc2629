import { shown, type ForeignGroup, type ForeignNode, type SettingsImporter, type Translation } from '@bouncer/target';
import { GOING_OUT, LOG_PREFIX, MAX_PRIORITY, NFT_HOOKS, TABLE_NAME } from '../hooks/hook-names.ts';
import { groupIn, isOff, isOn, listIn, textIn } from './foreign.ts';
import { PLAIN_KEYS, SILENT_KEYS, WITHOUT_EQUAL } from './go-keys.ts';

/** Keys that only the Go bouncer knows at the top level: ours stand below `firewall:`. `api_url` may be in both. */
const TELL_TALE = ['mode', 'nftables', 'nftables_hooks', 'deny_action', 'iptables_chains', 'blacklists_ipv4'];
const OUR_GROUPS = ['crowdsec', 'firewall'];

/** Gathers the translation of one file. */
class Translator {
  readonly values = new Map<string, { key: string; text: string }>();
  readonly warnings: string[] = [];
  readonly #content: ForeignGroup;

  constructor(content: ForeignGroup) {
    this.#content = content;
  }

  run(): Translation {
    const mode = this.#mode();
    this.#plain();
    this.#families();
    this.#deny();
    this.#hooks(mode);
    this.#nftables(mode);
    this.#prometheus();
    this.#leftovers(mode);
    return this;
  }

  #set(variable: string, key: string, text: string): void {
    if (text.trim() !== '') this.values.set(variable, { key, text });
  }

  #warn(key: string, text: string): void {
    this.warnings.push(`${key}: ${text}`);
  }

  #mode(): 'nftables' | 'iptables' {
    const mode = textIn(this.#content, 'mode').toLowerCase();
    if (mode === 'ipset') {
      this.#set('FIREWALL_SET_ONLY', 'mode', 'true');
      this.#warn(
        'mode',
        'ipset keeps sets only: here these are called crowdsec-4 and crowdsec-6, so your rules must name them',
      );
    }
    if (mode === 'dry-run') this.#set('DRY_RUN', 'mode', 'true');
    if (mode === 'pf') this.#warn('mode', 'pf is the firewall of BSD; on pfSense use crowdsec-pfsense-bouncer');
    const ours = mode === 'iptables' || mode === 'ipset' ? 'iptables' : 'nftables';
    this.#set('FIREWALL_MODE', 'mode', mode === 'pf' ? mode : ours);
    return ours;
  }

  #plain(): void {
    for (const [key, variable] of Object.entries(PLAIN_KEYS))
      this.#set(variable, key, listIn(this.#content, key).join(','));
  }

  #families(): void {
    const nftables = groupIn(this.#content, 'nftables');
    const off6 = isOn(this.#content, 'disable_ipv6') || isOff(groupIn(nftables, 'ipv6'), 'enabled');
    if (off6) this.#set('FIREWALL_IPV6', 'disable_ipv6', 'false');
    if (isOn(this.#content, 'disable_ipv4') || isOff(groupIn(nftables, 'ipv4'), 'enabled')) {
      this.#warn('disable_ipv4', 'has no equal: IPv4 addresses are blocked as well');
    }
  }

  #deny(): void {
    const action = textIn(this.#content, 'deny_action').toUpperCase();
    if (action === 'TARPIT' || action === 'LOG') this.#warn('deny_action', `${action} has no equal: DROP is used`);
    else this.#set('FIREWALL_DENY_ACTION', 'deny_action', action);
    const prefix = textIn(this.#content, 'deny_log_prefix').trim();
    if (prefix !== '' && !LOG_PREFIX.test(prefix)) {
      this.values.delete('FIREWALL_LOG_PREFIX');
      this.#warn('deny_log_prefix', 'cannot be taken over: lines begin with "crowdsec drop: "');
    }
  }

  #hooks(mode: 'nftables' | 'iptables'): void {
    const keys =
      mode === 'nftables' ? ['nftables_hooks'] : ['iptables_chains', 'iptables_v4_chains', 'iptables_v6_chains'];
    const lists = keys.map((key) => listIn(this.#content, key));
    const hooks = [...new Set(lists.flat())];
    const kept =
      mode === 'nftables' ? this.#nftHooks(hooks) : this.#guarding(hooks, ['INPUT', 'FORWARD'], keys[0] ?? '');
    this.#set('FIREWALL_HOOKS', keys[0] ?? '', kept.join(','));
    const isOdd = lists.some((list) => list.length > 0 && list.length < hooks.length);
    if (isOdd) this.#warn('iptables_v4_chains', 'every chain that is named gets a rule for both families');
    if (hooks.length === 0) {
      this.#warn(
        keys[0] ?? '',
        'is not given, which meant input alone; here input and forward are guarded (FIREWALL_HOOKS=input for the old way)',
      );
    }
  }

  /** The Go bouncer hangs its chains wherever it is told to; what has no equal here must not cost the protection. */
  #nftHooks(hooks: readonly string[]): readonly string[] {
    const lower = hooks.map((hook) => hook.toLowerCase());
    const known = lower.filter((hook) => NFT_HOOKS.includes(hook) && hook !== 'ingress');
    const unknown = lower.filter((hook) => !known.includes(hook));
    if (unknown.length > 0) this.#warn('nftables_hooks', `${unknown.join(', ')} cannot be taken over and is left out`);
    const out = known.filter((hook) => GOING_OUT.includes(hook));
    if (out.length > 0) {
      const text = `${out.join(', ')}: here packets to banned addresses are blocked there (it looked at their source, which blocked nothing that this host sends)`;
      this.#warn('nftables_hooks', text);
    }
    return hooks.length === 0 ? [] : this.#guarding(known, ['input', 'forward'], 'nftables_hooks');
  }

  /** With hooks that see only what goes out, nothing would be blocked that comes in. */
  #guarding(hooks: readonly string[], usual: readonly string[], key: string): readonly string[] {
    const isGuarding = hooks.length === 0 || hooks.some((hook) => !GOING_OUT.includes(hook.toLowerCase()));
    if (isGuarding && !(key === 'nftables_hooks' && hooks.length === 0)) return hooks;
    this.#warn(key, `names nothing that sees packets come in: ${usual.join(' and ')} are guarded as well`);
    return [...usual, ...hooks];
  }

  #priority(key: string, text: string): void {
    const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    const other = this.values.get('FIREWALL_PRIORITY');
    if (text === '') return;
    if (Math.abs(number) > MAX_PRIORITY || Number.isNaN(number)) {
      this.#warn(key, `${shown(text)} cannot be taken over: the chains hang at priority ${other?.text ?? '-10'}`);
    } else if (other === undefined) this.#set('FIREWALL_PRIORITY', key, text);
    else if (Number(other.text) !== number) {
      // One table holds both families: the earlier of the two guards both.
      const first = Math.min(number, Number(other.text));
      this.values.set('FIREWALL_PRIORITY', { key: first === number ? key : other.key, text: String(first) });
      this.#warn(key, `is another one than that of ipv4: both families hang at ${first}, the earlier of the two`);
    }
  }

  #nftables(mode: 'nftables' | 'iptables'): void {
    if (mode === 'iptables') return;
    for (const family of ['ipv4', 'ipv6']) {
      const group = groupIn(groupIn(this.#content, 'nftables'), family);
      const key = (name: string): string => `nftables.${family}.${name}`;
      if (isOn(group, 'set-only')) {
        this.#set('FIREWALL_SET_ONLY', key('set-only'), 'true');
        this.#warn(key('set-only'), 'your rules must name the sets of table inet (setup prints them)');
      }
      const table = textIn(group, 'table');
      if (table !== '' && table !== 'crowdsec' && table !== 'crowdsec6') {
        if (family === 'ipv4' && TABLE_NAME.test(table)) this.#set('FIREWALL_TABLE', key('table'), table);
        this.#warn(key('table'), 'one table of family inet holds both families here');
      }
      const chain = textIn(group, 'chain');
      if (!['', 'crowdsec-chain', 'crowdsec6-chain'].includes(chain)) {
        this.#warn(key('chain'), 'has no equal: chains are called crowdsec_input, crowdsec_forward');
      }
      this.#priority(key('priority'), textIn(group, 'priority'));
    }
  }

  #prometheus(): void {
    const group = groupIn(this.#content, 'prometheus');
    if (!isOn(group, 'enabled')) return;
    const host = textIn(group, 'listen_addr') || '127.0.0.1';
    const address = host.includes(':') ? `[${host}]` : host;
    this.#set('HTTP_LISTEN', 'prometheus', `${address}:${textIn(group, 'listen_port') || '60601'}`);
    this.#warn('prometheus', 'metrics are served at the same address, under names of their own (see /metrics)');
  }

  #leftovers(mode: 'nftables' | 'iptables'): void {
    for (const [key, node] of Object.entries(this.#content)) {
      const reason = WITHOUT_EQUAL[key];
      if (reason !== undefined && !isDefault(node, reason.standard)) this.#warn(key, reason.text);
      const isKnown = reason !== undefined || key in PLAIN_KEYS || SILENT_KEYS.includes(key);
      if (!isKnown) this.#warn(key, 'is not known and is ignored');
    }
    const names = ['blacklists_ipv4', 'blacklists_ipv6'].filter((key) => textIn(this.#content, key) !== '');
    if (mode === 'iptables' && names.length > 0) {
      this.#warn(names.join(', '), 'the ipsets are called crowdsec-4 and crowdsec-6');
    }
  }
}

function isDefault(node: ForeignNode, standard: readonly string[]): boolean {
  return typeof node === 'string' && ['', ...standard].includes(node.trim());
}

/** Reads the crowdsec-firewall-bouncer.yaml of the Go bouncer. */
export const goBouncer: SettingsImporter = {
  title: 'the configuration of the Go crowdsec-firewall-bouncer',
  recognises: (content) => TELL_TALE.some((key) => key in content) && !OUR_GROUPS.some((key) => key in content),
  translate: (content) => {
    const { values, warnings } = new Translator(content).run();
    return { values, warnings };
  },
};
