import type { RenderedFile } from '@bouncer/target';
import { PREFIXES_FILE, RANGES_FILE } from './lists.ts';

const by = '# Written by crowdsec-nginx-bouncer';

/** The two variables, the same for http and stream; 1 for a blocked address. */
function variables(folder: string): string {
  return `geo $crowdsec_ipv4 {
  ranges;
  default 0;
  include ${folder}/${RANGES_FILE};
}
geo $crowdsec_ipv6 {
  default 0;
  include ${folder}/${PREFIXES_FILE};
}
`;
}

function file(path: string, text: string): RenderedFile {
  return { path, bytes: Buffer.from(text), reload: true };
}

/** What http servers include in geo mode. */
export function geoFiles(folder: string, banStatus: number): RenderedFile[] {
  return [
    file(
      'crowdsec-geo.conf',
      `${by}: include it once, in the http block. Then include crowdsec-geo-server.conf in each server.
${variables(folder)}map "" $crowdsec_disable_bouncer { default ""; }
map "$crowdsec_ipv4$crowdsec_ipv6$crowdsec_disable_bouncer" $crowdsec_refused {
  default 1;
  ~^00 0;
  ~^..1$ 0;
}
`,
    ),
    file(
      'crowdsec-geo-server.conf',
      `${by}: include it in every server block that shall be protected, above the locations.
# "set $crowdsec_disable_bouncer 1;" above this line leaves a server out, and within an "if ($uri ~ ...)" a part of it.
# The text keeps error_page from leading who is banned to another page, or to the site itself.
if ($crowdsec_refused) { return ${banStatus}${banStatus === 444 ? '' : ' "Access refused\\n"'}; }
`,
    ),
  ];
}

/** What stream servers include: TCP and UDP services that NGINX passes on. */
export function streamFiles(folder: string): RenderedFile[] {
  return [
    file(
      'crowdsec-stream.conf',
      `${by}: include it once, in the stream block. A service is protected by a map of its own:
#   map $crowdsec_blocked $my_service { 0 192.0.2.10:5432; 1 crowdsec_nowhere; }
#   server { listen 5432; proxy_pass $my_service; }
${variables(folder)}map "$crowdsec_ipv4$crowdsec_ipv6" $crowdsec_blocked {
  default 1;
  00 0;
}
upstream crowdsec_nowhere { server unix:${folder}/nowhere.sock; }
`,
    ),
  ];
}
