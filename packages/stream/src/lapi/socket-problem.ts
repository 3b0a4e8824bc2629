/** What a failed connection to a unix socket means, and what to do. */
export interface SocketProblem {
  readonly seen: string;
  readonly fix: string;
}

const PROBLEMS: Readonly<Record<string, (path: string) => SocketProblem>> = {
  ENOENT: (path) => ({
    seen: `no such file: unix socket ${path}`,
    fix: `set \`api.server.listen_socket: ${path}\` in the config.yaml of CrowdSec and restart it; in a container also mount the folder that the socket is in`,
  }),
  ENOTDIR: (path) => ({ seen: `no such file: unix socket ${path}`, fix: 'correct the path in CROWDSEC_API_URL' }),
  EACCES: (path) => ({
    seen: `permission denied: unix socket ${path}`,
    fix: 'let the user of this connector write to the socket and search its folder: run it as root, or in the group that owns them',
  }),
  ENOTSOCK: (path) => ({
    seen: `not a socket: ${path}`,
    fix: 'name in CROWDSEC_API_URL what `api.server.listen_socket` in the config.yaml of CrowdSec says',
  }),
  ECONNREFUSED: (path) => ({
    seen: `connection refused: unix socket ${path}: nobody listens there`,
    fix: 'start CrowdSec: it makes the socket anew, the file that is there is left over (or is no socket at all)',
  }),
};

/** The problem behind a code of Node; undefined for one that is not the socket's. */
export function socketProblem(code: string, path: string): SocketProblem | undefined {
  const known = code === 'EPERM' ? 'EACCES' : code;
  return Object.hasOwn(PROBLEMS, known) ? PROBLEMS[known]?.(path) : undefined;
}
