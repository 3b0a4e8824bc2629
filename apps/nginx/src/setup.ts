import { shellWord } from '@bouncer/target';
import { providerNames } from '@bouncer/target/captcha';
import { callLine } from './lua/bouncer.ts';
import { watcherScript } from './geo/watcher.ts';
import { configFolder } from './config.ts';
import type { NginxValues } from './config.ts';

/** What to paste into the configuration of NGINX, this configuration's names filled in. */
export function setupText(values: NginxValues): string {
  const folder = configFolder(values);
  const parts = {
    lua: () => [
      includes(folder),
      ...(values.stream ? [streamServices(folder)] : []),
      ...installations(folder),
      realIp,
      ...(values.statusUrl === undefined ? [counters] : []),
      appsec(values),
      captcha(values),
      compose(values, folder),
    ],
    geo: () => [
      geoIncludes(folder),
      streamServices(folder),
      watcher(folder),
      realIp,
      noCaptcha,
      compose(values, folder),
    ],
    stock: () => [stockSteps(values.outputDir), noCaptcha],
  }[values.mode]();
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

function includes(folder: string): string {
  return `# One line in the http block protects every server:
include ${folder}/crowdsec.conf;
# Or, to protect only some: this line in the http block,
# include ${folder}/crowdsec-some.conf;
# and this one in their server or location blocks.
# include ${folder}/crowdsec-server.conf;
# A server or location that shall not be protected:
# include ${folder}/crowdsec-off.conf;
# Such as what a certificate authority and a health check must always reach:
# location /.well-known/acme-challenge/ { include ${folder}/crowdsec-off.conf; root /var/www/acme; }
# location = /health { include ${folder}/crowdsec-off.conf; return 200; }
# Where you have an access_by_lua of your own, NGINX runs yours instead of ours. Begin yours with this line: it ends the
# request of who is banned, and goes on to your lines for all others.
#   ${callLine(folder)}
# With "satisfy any" end yours with: return ngx.exit(ngx.DECLINED)
# Ours does: it refuses, and never grants; passwords, allow and auth_request count as before. It is asked before them, and
# so is yours ("access_by_lua_no_postpone on;"): take that line out of your own http block if it stands there.

${bareReturns(folder)}
# Then: nginx -t && nginx -s reload     Once; bans and unbans come by themselves, without reloads.`;
}

function bareReturns(folder: string): string {
  return `# Not reached by a line in the http block: what NGINX answers before it asks who may enter, a bare "return" or a
# "rewrite" that redirects. That is a server that sends from port 80 to 443, location = /health { return 200; }, a
# maintenance page. This line at the top of each such server; locations with crowdsec-off.conf are served on.
# include ${folder}/crowdsec-return.conf;
# Not reached either: TCP and UDP services of the stream block (NGINX_STREAM=true), a rewrite_by_lua of your own that
# answers by itself, and a server with a header_filter_by_lua of its own in place of that line's.`;
}

function installations(folder: string): string[] {
  return [
    `# Debian, Ubuntu (from 23.04; 22.04 has no Lua module: NGINX_MODE=geo):
#   apt install libnginx-mod-http-lua
#   echo 'include ${folder}/crowdsec.conf;' > /etc/nginx/conf.d/crowdsec.conf`,
    `# Containers of other people's, each with -v crowdsec:${folder}:ro, the volume that the connector has at its own folder:
# OpenResty image:      a file in /etc/nginx/conf.d/ with the include line.
# Nginx Proxy Manager:  the include line in /data/nginx/custom/http_top.conf. It has its own set_real_ip_from and
#                       real_ip_header lines: leave out ours, or NGINX ends with "is duplicate".
# SWAG:                 DOCKER_MODS=linuxserver/mods:universal-package-install, INSTALL_PACKAGES=nginx-mod-http-lua, and
#                       the include line in the http block of /config/nginx/nginx.conf
# No Lua module have:   the official image and the packages of nginx.org, Angie without angie-module-lua. NGINX_MODE=geo
#                       there, or openresty/openresty.
# APISIX, Kubernetes:   they own their access_by_lua, and ingress-nginx takes no plugins since 1.12: forward-auth of
#                       crowdsec-traefik-bouncer (annotation nginx.ingress.kubernetes.io/auth-url), or Traefik.
# PROXY protocol:       listen 443 ssl proxy_protocol; set_real_ip_from <balancer>; real_ip_header proxy_protocol;
# HTTP/2 and HTTP/3:    as HTTP/1.1.
# Mount the folder, never a single file: a file is replaced as a whole, and a mount of the file would keep the old one.`,
  ];
}

function geoIncludes(folder: string): string {
  return `# One line in the http block:
include ${folder}/crowdsec-geo.conf;
# and this one in every server block that shall be protected, above its locations:
include ${folder}/crowdsec-geo-server.conf;
# A part of a server that shall not be protected, such as what a certificate authority must reach: above that line
# if ($uri ~ ^/\\.well-known/acme-challenge/) { set $crowdsec_disable_bouncer 1; }
# What stands above that line ("return", "rewrite") is answered before the access check.
# Add "worker_shutdown_timeout 60s;" at the top level: with every reload the workers of before stay until their
# last connection ends.`;
}

function streamServices(folder: string): string {
  return `# TCP and UDP services: one line in the stream block, and a map for each service.
include ${folder}/crowdsec-stream.conf;
map $crowdsec_blocked $my_service { 0 192.0.2.10:5432; 1 crowdsec_nowhere; }
# server { listen 5432; proxy_pass $my_service; }`;
}

function watcher(folder: string): string {
  return `# NGINX in a container of its own: save this as 99-crowdsec.sh, make it executable, and mount it to
# /docker-entrypoint.d/99-crowdsec.sh of the official image. It reloads NGINX when the lists have changed.
${watcherScript(folder)}
# Instead: NGINX_RELOAD_COMMAND='nginx -s reload' where both run on one machine, or 'kill -HUP 1' with
# pid: "service:nginx" in the compose file.`;
}

const counters = `# Counters of looked at and refused requests, for /metrics and cscli: set NGINX_STATUS_URL=http://127.0.0.1:9462 (or
# http://nginx:9462 from another container; do not publish that port) and reload NGINX once.`;

function appsec({ appsecUrl, statusUrl }: NginxValues): string {
  if (appsecUrl === undefined) {
    return `# CrowdSec's AppSec: set CROWDSEC_APPSEC_URL=http://127.0.0.1:7422 (or its unix socket) and reload NGINX once.`;
  }
  const seen =
    statusUrl === undefined ? '\n# Set NGINX_STATUS_URL as well: then `check` sees whether NGINX reaches it.' : '';
  return `# AppSec (${appsecUrl}): reload NGINX once, and after a change of the key. NGINX itself must reach it.
# A server or location where it is not asked, such as one for endless uploads: set $crowdsec_disable_appsec 1;${seen}`;
}

const noCaptcha = `# Decisions of type captcha: this mode has no page for them. They block like bans once
# CROWDSEC_DECISION_TYPES=ban,captcha asks for them.`;

function captcha({ captchaProvider, captchaListen, captchaAddress }: NginxValues): string {
  if (captchaProvider === undefined) {
    return `# Decisions of type captcha block like bans once CROWDSEC_DECISION_TYPES=ban,captcha asks for them. For a page to solve
# set CAPTCHA_PROVIDER (${providerNames.join(', ')}), CAPTCHA_SITE_KEY and CAPTCHA_SECRET_KEY.`;
  }
  const where =
    captchaListen === 'socket'
      ? 'crowdsec-captcha.sock in the shared folder: nothing to configure, and :ro is enough for NGINX.'
      : `${captchaAddress ?? captchaListen}: it must be reachable from NGINX, and from nowhere else.`;
  return `# Captcha page (${captchaProvider}): set CROWDSEC_DECISION_TYPES=ban,captcha and reload NGINX once. No location is needed for it:
# the form goes to the path of its page, with the query ?crowdsec-captcha.
# NGINX asks the connector at ${where}
# The site key must be valid for every host name that is served; a Content-Security-Policy of yours must allow the
# script and the frame of the provider.`;
}

const realIp = `# Behind a proxy or a CDN (or Docker's own proxy) NGINX must learn the true address, or it blocks nobody at all:
# set_real_ip_from 192.0.2.1;        # the proxy, and nobody else; also in ALLOWLIST if it is a public address
# real_ip_header X-Forwarded-For;
# real_ip_recursive on;
# NGINX's own user must be able to read the folder: it and all above it need mode 0755 (or that user's group).`;

function compose(values: NginxValues, folder: string): string {
  const image = values.mode === 'lua' ? 'openresty/openresty:alpine' : 'nginx:alpine';
  const mode = values.mode === 'lua' ? '' : `\n#       NGINX_MODE: ${values.mode}`;
  return `# Two containers, as a compose file:
# services:
#   nginx:
#     image: ${image}
#     ports: ["80:80", "443:443"]
#     volumes: ["./conf.d:/etc/nginx/conf.d:ro", "crowdsec:${folder}:ro"]
#   crowdsec-nginx-bouncer:
#     image: crowdsec-nginx-bouncer
#     restart: unless-stopped
#     environment:
#       CROWDSEC_API_URL: ${composeText(values.lapiUrl)}
#       CROWDSEC_BOUNCER_API_KEY: <key>${mode}
#       NGINX_OUTPUT_DIR: /output
#       NGINX_CONFIG_DIR: ${folder}
#     volumes: ["crowdsec:/output", "/etc/ssl/certs:/etc/ssl/certs:ro"]
# volumes:
#   crowdsec:`;
}

/** A text in a compose file: quoted, or a colon at its end would be YAML; a single `$` would be a variable. */
function composeText(text: string): string {
  return JSON.stringify(text).replaceAll('$', '$$$$');
}

function stockSteps(outputDir: string): string {
  return `# The official package keeps its own settings file; this connector writes it, and pulls nothing for it.
install -m 600 ${shellWord(`${outputDir}/crowdsec-nginx-bouncer.conf`)} /etc/crowdsec/bouncers/crowdsec-nginx-bouncer.conf
# Read ${outputDir}/crowdsec-nginx-extra.conf: it says what the package needs beside that file.
systemctl restart nginx`;
}
