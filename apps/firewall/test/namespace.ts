import { spawnSync } from 'node:child_process';

export { Namespace } from '@bouncer/sandbox';

/** Debian packages without which these tests are skipped. */
const PROGRAMS = {
  nft: 'nftables',
  iptables: 'iptables',
  ipset: 'ipset',
  ip: 'iproute2',
  ping: 'iputils-ping',
} as const;

/** Why the tests against a real kernel cannot run here; undefined when they can. Installs what is missing, when root. */
export function kernelMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const absent = Object.entries(PROGRAMS).filter(([program]) => !works(program, ['-V']));
  if (absent.length > 0) {
    const packages = absent.map(([, name]) => name);
    spawnSync('apt-get', ['install', '-y', '-qq', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const gone = Object.entries(PROGRAMS).find(([program]) => !works(program, ['-V']));
  if (gone) return `needs the Debian package ${gone[1]}`;
  const name = `fw-probe-${String(process.pid)}`;
  if (!works('ip', ['netns', 'add', name])) return 'needs network namespaces';
  const hasTables = works('ip', ['netns', 'exec', name, 'nft', 'add', 'table', 'inet', 'probe']);
  const hasSets = works('ip', ['netns', 'exec', name, 'ipset', 'create', 'probe', 'hash:net', 'timeout', '0']);
  works('ip', ['netns', 'del', name]);
  if (!hasTables) return 'needs a kernel with nf_tables';
  return hasSets ? undefined : 'needs a kernel with ip_set_hash_net';
}

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args]).status === 0;
}
