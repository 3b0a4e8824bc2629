import path from 'node:path';
import type { HaproxyOptions } from './config.ts';

/** What to paste, in the order in which it works. */
export function setupText({ socket, acl }: HaproxyOptions): string {
  // An ACL by its #id stands in the configuration already, without a name that could be printed.
  const file = acl.startsWith('#') ? '/etc/haproxy/crowdsec.acl' : acl;
  const bind = 'path' in socket ? `${socket.path} mode 660 level admin` : `ipv4@127.0.0.1:${socket.port} level admin`;
  return `# 1. In a shell on HAProxy's machine: the file has to be there before HAProxy starts. It is named in the rules of step 2.
mkdir -p '${path.dirname(file)}'
touch '${file}'

# 2. In haproxy.cfg, section global. Who may write to this socket may change the ACL: keep it from others by its mode or
#    address. hard-stop-after ends the connections that an old process keeps after a reload: it goes by the list of then.
    stats socket ${bind}
    hard-stop-after 1m

# 3. In each frontend (or listen section with a bind), before any other http-request or tcp-request rule.
#    Of mode http:
    http-request deny if { src -f ${file} }

#    Of mode tcp, in place of it (also in mode http, where no answer is wanted):
    tcp-request connection reject if { src -f ${file} }

#    Behind a proxy or CDN src is that proxy's address, until HAProxy knows better. Name its addresses in place of
#    192.0.2.0/24. When it speaks the PROXY protocol, as the first line of the frontend, and in mode tcp with
#    \`tcp-request session\` in place of \`tcp-request connection\` in the line above:
#        tcp-request connection expect-proxy layer4 if { src 192.0.2.0/24 }
#    When it sends X-Forwarded-For, before the line with deny:
#        http-request set-src req.hdr_ip(x-forwarded-for,-1) if { src 192.0.2.0/24 }

# 4. In a shell on HAProxy's machine:
haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy

# 5. ${
    'path' in socket
      ? `In a container: mount the folders of the socket and of the ACL, not the files: -v ${path.dirname(socket.path)}:${path.dirname(socket.path)} -v ${path.dirname(file)}:${path.dirname(file)}`
      : `The socket listens on this machine alone. From another one it is reached through a tunnel; it has no password.`
  }
`;
}
