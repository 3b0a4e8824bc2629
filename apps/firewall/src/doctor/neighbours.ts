import { readFile } from 'node:fs/promises';
import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { stepsOf } from './concern-steps.ts';
import type { FirewallSettings } from '../config.ts';
import { flowtableConcerns, flowtablesOf } from './flowtables.ts';
import type { RunProgram } from '../program.ts';

/** Files that reload a whole firewall. */
const RELOADERS = ['/etc/nftables.conf', '/etc/sysconfig/nftables.conf'];
/** Tables of the Go bouncer: `crowdsec` and `crowdsec6`, each in its own family. */
const PEER_TABLE = /^table (?:ip crowdsec|ip6 crowdsec6|\S+ cs-firewall-bouncer\S*)$/m;

/** Other firewalls on this host: those that would throw us away (we come back), and a second bouncer. */
export async function* checkNeighbours(
  { mode }: FirewallSettings,
  run: RunProgram,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const tables = await run({ program: 'nft', args: ['list', 'tables'], signal }).catch(() => '');
  if (PEER_TABLE.test(tables)) {
    yield failed(
      'neighbours',
      'the Go bouncer has its tables here: its blocks stay in place, and this connector does not remove them',
      'systemctl disable --now crowdsec-firewall-bouncer; nft delete table ip crowdsec; nft delete table ip6 crowdsec6',
    );
  }
  const flowtables = await run({ program: 'nft', args: ['list', 'flowtables'], signal }).catch(() => '');
  yield* stepsOf('offload', flowtableConcerns(flowtablesOf(flowtables)), undefined);
  if (await areBothInUse(run, signal)) {
    yield warned(
      'iptables',
      'both kinds of iptables hold rules here (iptables-legacy and iptables-nft): each shows its own only, and both count',
      'move all rules to one of them: iptables-legacy-save and iptables-nft-save show what each holds',
    );
  }
  const seen: string[] = [];
  if (/^table \S+ firewalld$/m.test(tables)) seen.push('firewalld (leaves foreign nftables tables alone)');
  if (/^table \S+ (?:filter|nat)$/m.test(tables)) seen.push('iptables rules (ufw, Docker or others)');
  for (const path of RELOADERS) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (/^\s*flush ruleset/m.test(text)) seen.push(`${path} flushes everything when it is loaded`);
  }
  const healed =
    mode === 'nftables' ? 'a flush is noticed and healed within 30 s' : 'rules that are gone come back within 30 s';
  yield passed('others', seen.length === 0 ? 'no other firewall in sight' : `${seen.join('; ')}: ${healed}`);
}

async function areBothInUse(run: RunProgram, signal: AbortSignal): Promise<boolean> {
  for (const program of ['iptables-legacy-save', 'iptables-nft-save']) {
    const saved = await run({ program, args: [], signal }).catch(() => '');
    if (!/^-A /m.test(saved)) return false;
  }
  return true;
}
