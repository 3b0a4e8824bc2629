import { AuthError, ConfigError, TransientError } from '@bouncer/stream';

/** How CAP_NET_ADMIN is given, wherever it is missing. */
const CAPABILITY_HINT =
  'the right CAP_NET_ADMIN is missing: run a container with --cap-add NET_ADMIN --network host, a systemd unit with ' +
  'AmbientCapabilities=CAP_NET_ADMIN, or run as root';

const PACKAGES: Readonly<Record<string, string>> = {
  nft: 'nftables',
  ipset: 'ipset',
  'iptables-save': 'iptables',
  'iptables-restore': 'iptables',
  'ip6tables-save': 'iptables',
  'ip6tables-restore': 'iptables',
};

/** The program is not there. */
export function missing(program: string): ConfigError {
  const name = PACKAGES[program] ?? program;
  return new ConfigError(`${program} is not installed`, { hint: `apt-get install ${name}`, kind: 'missing' });
}

/** What a failed program means, by what it complained about. */
export function failureOf(program: string, code: number | null, complaint: string): Error {
  const said = firstLine(complaint) || (code === null ? 'was killed' : `ended with code ${code}`);
  const message = `${program}: ${said}`;
  if (/Operation not permitted|Permission denied|must be root/i.test(complaint)) {
    return new AuthError(message, { hint: CAPABILITY_HINT, kind: 'rights' });
  }
  if (/not supported|Unable to initialize Netlink|can't initialize|Module \S+ not found/i.test(complaint)) {
    const hint =
      'the kernel lacks a module: modprobe nf_tables (nftables), or modprobe ip_set_hash_net xt_set (iptables)';
    return new ConfigError(message, { hint, kind: 'kernel' });
  }
  if (/No such file or directory|does not exist/i.test(complaint)) {
    return new TransientError(message, { hint: 'another program has removed it; it is created again', kind: 'gone' });
  }
  return new TransientError(message, { hint: 'run check to see what is in the way', kind: 'refused' });
}

/** The first line that says something, without the path of the script and the line that it quotes. */
function firstLine(complaint: string): string {
  const line = complaint.split('\n').find((text) => /error|fail|invalid|bad|unknown|can't|cannot|permi/i.test(text));
  return (line ?? complaint.split('\n')[0] ?? '')
    .replace(/^\S*:\d+:\d+-\d+:\s*/, '')
    .trim()
    .slice(0, 300);
}
