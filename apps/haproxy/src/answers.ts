import { AuthError, ConfigError, TransientError } from '@bouncer/stream';

/** A place in HAProxy's configuration that looks clients up in the ACL. */
export interface Use {
  /** As HAProxy was given it; relative to where it was started. */
  readonly file: string;
  readonly line: number;
}

/** One ACL, as `show acl` tells it. */
export interface Acl {
  readonly id: string;
  readonly name: string;
  readonly entries: number;
  readonly uses: readonly Use[];
}

/** One entry of an ACL. */
export interface Row {
  /** HAProxy's pointer to it; tells two equal entries apart. */
  readonly pointer: string;
  readonly text: string;
}

/** `0 (/etc/haproxy/crowdsec.acl) pattern loaded from file '...' used by acl at file 'h.cfg' line 12. curr_ver=0 ... entry_cnt=3` */
const ACL_LINE = /^(\d+) \(([^)]*)\) (.*?)\.? curr_ver=\d+ next_ver=\d+ entry_cnt=(\d+)$/;
/** Of an ACL by file, each place that names the file; of one without, the place where it stands. */
const USE = /(?:by acl at|^acl '[^']*') file '([^']*)' line (\d+)/g;
const ROW = /^(0x[0-9a-f]+) (\S.*)$/;

/**
 * What `show acl` answers.
 * @throws TransientError when that is no list of ACLs, AuthError when the socket's level does not show it.
 */
export function readAcls(answer: string): readonly Acl[] {
  const lines = wholeLines(answer);
  if (!lines.shift()?.startsWith('# id (file)')) throw notUnderstood(answer);
  return lines.map((line) => {
    const [, id, name = '', description = '', entries] = ACL_LINE.exec(line) ?? [];
    if (id === undefined) throw notUnderstood(line);
    const uses = [...description.matchAll(USE)].map(([, file = '', place]) => ({ file, line: Number(place) }));
    return { id: `#${id}`, name, entries: Number(entries), uses };
  });
}

/**
 * What `show acl NAME` answers.
 * @throws TransientError when it is not the whole of a list: an answer that was cut must not look like a short list.
 */
export function readRows(answer: string): readonly Row[] {
  return wholeLines(answer).map((line) => {
    const [, pointer, text] = ROW.exec(line) ?? [];
    if (pointer === undefined || text === undefined) throw notUnderstood(line);
    return { pointer, text };
  });
}

/**
 * The answers to `count` commands that say nothing when all is well: an empty one for each that was carried out.
 * @throws TransientError when there are not as many.
 */
export function readResults(answer: string, count: number): readonly string[] {
  // A message ends with an empty line, and no message is just that line.
  const results = (answer.match(/(?:[^\n]+\n)*\n/g) ?? []).map((text) => text.trim().replaceAll('\n', ' '));
  if (results.length === 1) assertKnown(results[0] ?? '');
  const isWhole = results.length === count && answer.endsWith('\n');
  if (!isWhole) throw notUnderstood(answer);
  return results;
}

/**
 * The ACL of that file name or `#id` among all.
 * @throws ConfigError when it is not there.
 */
export function ownAcl(acls: readonly Acl[], wanted: string): Acl {
  const acl = acls.find(({ id, name }) => (wanted.startsWith('#') ? id : name) === wanted);
  if (acl === undefined) throw noSuchAcl();
  return acl;
}

/** What HAProxy says when it does not do what it was asked, as one of our errors; else nothing happens. */
export function assertKnown(text: string): void {
  if (/^Unknown ACL identifier/.test(text)) throw noSuchAcl();
  if (/permission denied/i.test(text)) {
    const hint = 'give the `stats socket` line `level admin`';
    throw new AuthError('HAProxy: permission denied: the socket is not at level admin', { hint });
  }
  if (/^Unknown command/.test(text)) {
    const hint = 'HAPROXY_SOCKET must be a `stats socket` of HAProxy itself, not the socket of its master process';
    throw new TransientError('HAProxy does not know these commands', { hint });
  }
}

function noSuchAcl(): ConfigError {
  const hint = 'add the rule that `setup` prints, and reload HAProxy; HAPROXY_ACL is the file name as written there';
  return new ConfigError('HAProxy has no such ACL', { hint });
}

/** The error for an answer that is not what HAProxy says. */
export function notUnderstood(answer: string): TransientError {
  const shown = JSON.stringify(answer.slice(0, 60));
  const hint = 'check that HAPROXY_SOCKET is the stats socket of HAProxy, and that no other program answers there';
  return new TransientError(`the answer is not HAProxy's: ${shown}`, { hint });
}

/** An answer's lines; it ends with an empty one, and has no other. */
function wholeLines(answer: string): string[] {
  assertKnown(answer);
  const lines = answer.split('\n');
  if (lines.pop() !== '' || lines.pop() !== '' || lines.includes('')) throw notUnderstood(answer);
  return lines;
}
