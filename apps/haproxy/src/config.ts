import { parseHostPort, printHostPort, setting, type SettingType } from '@bouncer/target';

/** Where HAProxy's runtime API is. */
export type Socket = { readonly path: string } | { readonly host: string; readonly port: number };

/** Where the list is that this connector owns. */
export interface HaproxyOptions {
  readonly socket: Socket;
  /** File name of the ACL as HAProxy's configuration has it, or its `#id`. */
  readonly acl: string;
}

/**
 * Neither blanks, quotes, `;` nor backslashes: the name goes into commands of the runtime API and into printed configuration,
 * where each of them would begin something else.
 */
const ACL = /^(#\d{1,9}|[A-Za-z0-9_./][A-Za-z0-9_./@+:-]{0,250})$/;
const PATH = /^\/[A-Za-z0-9_./@+:-]{1,107}$/;

const socketType: SettingType<Socket> = {
  accepted: 'an absolute path without blanks, such as /run/haproxy/admin.sock, or host:port',
  schema: { type: 'string' },
  parse(text) {
    // As HAProxy's own configuration writes it.
    const path = text.replace(/^(unix|unix@)(?=\/)/, '').replace(/^unix:\/\/(?=\/)/, '');
    if (PATH.test(path)) return { value: { path } };
    const { host, port } = text.startsWith('/') ? {} : (parseHostPort(text) ?? {});
    if (host === undefined || port === undefined) return { problem: 'is neither such a path nor host:port' };
    return { value: { host, port } };
  },
  print: printSocket,
};

/** The settings of the HAProxy connector. */
export const haproxySettings = {
  socket: setting.of(socketType, {
    env: 'HAPROXY_SOCKET',
    required: true,
    help: "HAProxy's stats socket at level admin: the path of a unix socket, or host:port",
  }),
  acl: setting.text({
    env: 'HAPROXY_ACL',
    default: '/etc/haproxy/crowdsec.acl',
    pattern: ACL,
    accepted:
      "the file name as HAProxy's configuration has it, without blanks or quotes, or the #id that `show acl` tells",
    help: 'the ACL: its file name as in `src -f FILE`, or its `#id`; owned by the connector as a whole',
  }),
};

/** The socket as the setting has it. */
export function printSocket(socket: Socket): string {
  return 'path' in socket ? socket.path : printHostPort(socket);
}
