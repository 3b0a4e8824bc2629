import { fillIn, foreignText } from '@bouncer/target';

/** What the far side has to know. */
export interface HelperOptions {
  /** A valid pfSense alias name: letters, digits, underscores. */
  readonly alias: string;
  /** Whether the list is kept in a file as well, or in the pf table alone. */
  readonly file: boolean;
}

/** Told by the far side in every answer, so that a restricted key with an older helper in it is noticed. */
export const HELPER_VERSION = 4;

/** Between the helper and its verb: what a forced command looks for; also in helper.sh. */
const MARK = 'crowdsec-bouncer';

/** What the far side can be asked to do. `full`, `delta` and `kill` take checksum and length of their standard input. */
export type Verb = 'facts' | 'probe' | 'show' | 'all' | 'full' | 'delta' | 'kill' | 'reload';

/** Exit codes of the helper's own, as helper.sh has them. */
export const EXIT = { badInput: 64, cut: 65, noAlias: 66, notSaved: 67, noVerb: 126 } as const;

const script = foreignText(import.meta, './helper.sh');

/** The script that does the work on the firewall: POSIX sh on one line that can stand between single quotes. @internal */
export function helperScript({ alias, file }: HelperOptions): string {
  const settings = { v: String(HELPER_VERSION), n: alias, f: file ? `/var/db/aliastables/${alias}.txt` : '' };
  return fillIn(script, settings, (name, value) => `${name}=${bareWord(value)}`, ';');
}

/** A word that means itself in any shell without quotes; others would end the quotes that the script stands in. */
function bareWord(text: string): string {
  if (!/^[\w./-]*$/.test(text)) throw new Error(`${JSON.stringify(text)} cannot stand in the helper`);
  return text;
}

/** The command line of one verb; the same for a free and a restricted key. */
export function helperCommand(options: HelperOptions, sudo: boolean, verb: Verb, sum = ''): string {
  return `${sudo ? 'sudo -n ' : ''}/bin/sh -c '${helperScript(options)}' ${MARK} ${verb}${sum === '' ? '' : ` ${sum}`}`;
}

/** A line of authorized_keys that lets a key do this job and no other. */
export function restrictedKeyLine(options: HelperOptions, publicKey: string): string {
  const command = `/bin/sh -c '${helperScript(options)}' ${MARK}`;
  return `restrict,command="${command.replaceAll('"', '\\"')}" ${publicKey}`;
}
