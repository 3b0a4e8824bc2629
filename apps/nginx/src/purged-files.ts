import type { PurgedFiles, RenderedFile } from '@bouncer/target';
import type { Entry } from '@bouncer/stream';
import { encodeDecisions } from './decisions/encode.ts';
import { KEY_FILE, PLACE_FILE } from './appsec/appsec-files.ts';
import { PREFIXES_FILE, RANGES_FILE } from './geo/lists.ts';

const purged = '# Purged by crowdsec-nginx-bouncer: nothing is blocked by it any more.\n';

/** What is left of files that NGINX may be told to read, in any mode: a missing one would keep it from starting. */
const left: Readonly<Record<string, string>> = {
  'crowdsec.conf': purged,
  'crowdsec-some.conf': purged,
  'crowdsec-server.conf': purged,
  'crowdsec-return.conf': purged,
  'crowdsec-off.conf': purged,
  // An access_by_lua of somebody else may still call it.
  'crowdsec.lua': `-- ${purged.slice(2)}`,
  'crowdsec-geo.conf': `${purged}map "" $crowdsec_refused { default 0; }\n`,
  'crowdsec-geo-server.conf': purged,
  // The maps of services go by these two names.
  'crowdsec-stream.conf': `${purged}map "" $crowdsec_blocked { default 0; }
upstream crowdsec_nowhere { server unix:/nonexistent/crowdsec; }
`,
};

/** Without it the official package would keep NGINX from starting; this switches the package off. Holds no key. */
const stockSettings = `${purged}ENABLED=false\n`;

/**
 * What `purge` leaves, whatever modes have been in use: files that a configuration of NGINX names stay, but say nothing;
 * all others go, and every secret with them.
 */
export function purgedFiles(outputDir: string): PurgedFiles {
  const file = (path: string, text: string): RenderedFile => ({ path, bytes: Buffer.from(text), reload: true });
  return {
    files: [
      // Workers that were not reloaded yet keep their last list when the file is gone; this one empties it.
      { path: 'decisions.bin', bytes: encodeDecisions(new Set<Entry>(), { endOf: () => 0 }) },
      ...Object.entries(left).map(([path, text]) => file(path, text)),
      { ...file('crowdsec-nginx-bouncer.conf', stockSettings), mode: 0o600 },
    ],
    // The one with .bin is NGINX's own, made of ours.
    remove: [
      'crowdsec-status.lua',
      'crowdsec-captcha.sock',
      KEY_FILE,
      PLACE_FILE,
      RANGES_FILE,
      `${RANGES_FILE}.bin`,
      PREFIXES_FILE,
      'crowdsec-nginx-extra.conf',
    ],
    note: `  ${outputDir} holds only empty files now, so that NGINX starts with the include lines still there.
  Take the include lines out of its configuration, reload NGINX, then delete the folder. A copy of
  crowdsec-nginx-bouncer.conf in another folder (stock mode) still holds the key of LAPI: delete it as well.`,
  };
}
