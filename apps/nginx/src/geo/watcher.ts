/**
 * A script for /docker-entrypoint.d/ of the official image: reloads NGINX when a list has changed and its configuration
 * passes, and tries again every half minute while it does not. For dash and busybox. It looks for the first time before
 * NGINX is started, so no change falls in between. Files that NGINX itself writes beside the lists (`.bin`) do not count.
 */
export function watcherScript(folder: string): string {
  return `#!/bin/sh
look() { ls -lni --full-time ${folder}/crowdsec-*.conf ${folder}/crowdsec-*.ranges ${folder}/crowdsec-*.prefixes 2>/dev/null; }
last=$(look)
(
  while sleep 5; do
    now=$(look)
    [ "$now" = "$last" ] && continue
    if nginx -t -q && nginx -s reload; then last=$now; else sleep 30; fi
  done
) &`;
}
