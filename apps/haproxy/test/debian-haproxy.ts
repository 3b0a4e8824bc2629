import { packagesMissing } from '@bouncer/sandbox';

/** Debian's HAProxy. */
export const HAPROXY = '/usr/sbin/haproxy';

/** Why no real HAProxy can be started here, undefined when it can. Installs it where that is possible. */
export function haproxyMissing(): Promise<string | undefined> {
  return packagesMissing({ packages: ['haproxy'], files: [HAPROXY] });
}
