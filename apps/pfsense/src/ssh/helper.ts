/** What the far side has to know. */
export interface HelperOptions {
  /** A valid pfSense alias name: letters, digits, underscores. */
  readonly alias: string;
  /** Whether the list is kept in a file as well, or in the pf table alone. */
  readonly file: boolean;
}

/** Told by the far side in every answer, so that a restricted key with an older helper in it is noticed. */
export const HELPER_VERSION = 3;

/** Between the helper and its verb: what a forced command looks for. */
const MARK = 'crowdsec-bouncer';

/** What the far side can be asked to do. `full`, `delta` and `kill` take checksum and length of their standard input. */
export type Verb = 'facts' | 'probe' | 'show' | 'all' | 'full' | 'delta' | 'kill' | 'reload';

/** Exit codes of the helper's own. */
export const EXIT = { badInput: 64, cut: 65, noAlias: 66, noVerb: 126 } as const;

/**
 * The script that does the work on the firewall: POSIX sh on one line, without single quotes and exclamation marks, so
 * that it can stand between single quotes in any login shell (tcsh expands `!` even there). Nothing of LAPI's is ever
 * part of it: entries come on standard input, are verified by `cksum` and looked at once more before pfctl sees them.
 */
export function helperScript({ alias, file }: HelperOptions): string {
  const parts = [
    'PATH=/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin:/usr/local/bin; LC_ALL=C; export PATH LC_ALL; umask 022; set -f',
    // Of a forced command the words after the last mark count, and no others.
    `c=\${SSH_ORIGINAL_COMMAND:-}; if [ -n "$c" ]; then set -- \${c##* ${MARK} }; fi`,
    `n=${alias}; f=${file ? `/var/db/aliastables/${alias}.txt` : ''}; t=$f.crowdsec`,
    'e="^[0-9a-f.:]+(/[0-9]+)?\\$"',
    'x() { echo "$2" >&2; exit $1; }',
    PROBE,
    'o() { echo %entries; pfctl -t "$n" -T show 2>/dev/null; :; }',
    FACTS,
    // The whole input, or nothing: what was cut on its way has another length.
    `w() { d=$(cat; echo .); d=\${d%.}; [ "$(printf "%s" "$d" | cksum)" = "$1 $2" ] || x ${EXIT.cut} "the transfer was cut"; }`,
    `a() { pfctl -s Tables 2>/dev/null | grep -qx "$n" || grep -q "<name>$n</name>" /conf/config.xml || x ${EXIT.noAlias} "no such alias"; }`,
    DELTA,
    KILL,
    file ? FULL_FILE : FULL_TABLE,
    `case "$1" in probe) p;; facts) p && y;; show) p && o;; all) p && y && o;; ` +
      'full) u "$2" "$3";; delta) g "$2" "$3";; kill) k "$2" "$3";; reload) /etc/rc.filter_configure_sync >/dev/null;; ' +
      `*) x ${EXIT.noVerb} "this key is for the CrowdSec list only";; esac`,
  ];
  return parts.join('; ');
}

const PROBE =
  'p() { echo "%helper ' +
  String(HELPER_VERSION) +
  '"; echo %tables; pfctl -vvs Tables || exit; echo %memory; pfctl -s memory; ' +
  'echo %maxcount; sysctl -n net.pf.request_maxcount 2>/dev/null; echo %boot; sysctl -n kern.boottime; ' +
  'echo %rules; stat -f %m /tmp/rules.debug 2>/dev/null; echo %line; grep "^table <$n>" /tmp/rules.debug 2>/dev/null | cut -c 1-160; ' +
  'echo %blocks; pfctl -vsr 2>/dev/null | grep -E -A 1 "^block .*(from|to) <$n>" | cut -c 1-400; ' +
  'echo %pf; pfctl -s info 2>/dev/null | grep "^Status:"; echo %sum; { pfctl -sn; pfctl -sr; } 2>/dev/null | cksum; ' +
  // Copied only when a filter load has succeeded.
  'echo %stale; r=/conf/rules.debug.old; if [ -e $r ]; then cmp -s /tmp/rules.debug $r || echo yes; fi; ' +
  'echo %file; if [ -n "$f" ] && [ -e "$f" ]; then cksum <"$f"; fi; echo %end; }';

/** Elements of config.xml for which `test` holds, each on one line. What stands between them is not kept: awk would need minutes. */
function elements(name: string, test: string, print: string): string {
  return `awk "/<${name}[ >]/{b=\\"\\";k=1}k{b=b \\$0}/<.${name}>/{if(${test}){${print}};b=\\"\\";k=0}" /conf/config.xml`;
}

/** What config.xml has of the alias and its rules, the rules of pf themselves, and what else is of interest once. */
const FACTS = [
  'y() { echo %version; cat /etc/version 2>/dev/null || opnsense-version 2>/dev/null; echo %alias',
  elements('alias', 'index(b,\\"<name>$n</name>\\")', 'print substr(b,1,2000)'),
  `echo %members; ${elements('alias', 'b~/<address><.address>|<address.>/', 'match(b,/<name>[^<]*/);print substr(b,RSTART+6,RLENGTH-6)')} | head -n 100`,
  `echo %configured; ${elements('rule', 'index(b,\\"<address>$n</address>\\")', 'print substr(b,1,2000)')} | head -n 50`,
  // Never the whole section: it may hold passphrases.
  'echo %interfaces; sed -n -e "/<interfaces>/,/<.interfaces>/p" -e "/<ifgroups>/,/<.ifgroups>/p" /conf/config.xml | ' +
    'grep -E "^[[:space:]]*<(/?(wan|lan|opt[0-9]+|ifgroupentry)|(if|descr|ipaddr|gateway|ifname|members)>)" | cut -c 1-200 | head -n 2000',
  'echo %nat; pfctl -sn 2>/dev/null; echo %filter; pfctl -sr 2>/dev/null',
  // Whom the firewall sees: for from="..." before a restricted key, also behind NAT.
  'echo %client; echo "${SSH_CONNECTION%% *}"; echo %package; ls /usr/local/etc/rc.d 2>/dev/null | grep crowdsec_firewall; echo %end; }',
].join('; ');

const DELTA =
  'g() { w "$@"; a; for s in + -; do v=add; [ $s = - ] && v=delete; ' +
  'l=$(printf "%s" "$d" | sed -n "s/^[$s]//p" | grep -E "$e"); [ -z "$l" ] || printf "%s\\n" "$l" | pfctl -t "$n" -T $v -f - || exit; done; }';

/** Many at once are looked up in the state table first: most of them have no connection, and each kill is two processes. */
const KILL =
  'k() { w "$@"; l=$(printf "%s" "$d" | grep -E "$e"); [ -n "$l" ] || return 0; if [ $(printf "%s\\n" "$l" | wc -l) -gt 16 ]; then ' +
  'l=$(printf "%s\\n" "$l" | grep / | head -n 16; pfctl -s states 2>/dev/null | tr -s " ()<>" "\\n" | ' +
  'sed -n -e "s/^\\([0-9.]*\\):[0-9]*\\$/\\1/p" -e "s/^\\([0-9a-f:]*\\)\\[[0-9]*\\]\\$/\\1/p" | sort -u | grep -Fx "$l"); fi; ' +
  'printf "%s\\n" "$l" | while read -r i; do case $i in "") continue;; *:*) z=::/0;; *) z=0.0.0.0/0;; esac; ' +
  'pfctl -q -k "$i"; pfctl -q -k "$z" -k "$i"; done; }';

const FULL_TABLE =
  'u() { w "$@"; a; l=$(printf "%s" "$d" | grep -E "$e"); if [ -n "$l" ]; then printf "%s\\n" "$l" | pfctl -t "$n" -T replace -f -; else pfctl -t "$n" -T flush; fi; }';

/** The table first: what pf does not take must not be in the file at the next boot. */
const FULL_FILE =
  `u() { cat >"$t" || exit; [ "$(cksum <"$t")" = "$1 $2" ] || { rm -f "$t"; x ${EXIT.cut} "the transfer was cut"; }; ` +
  'if grep -Ev "$e" "$t" | grep -qv "^#"; then rm -f "$t"; ' +
  `x ${EXIT.badInput} "not a list of addresses"; fi; a; ` +
  'if grep -Eq "$e" "$t"; then pfctl -t "$n" -T replace -f "$t"; else pfctl -t "$n" -T replace -f "$t" || pfctl -t "$n" -T flush; fi || { r=$?; rm -f "$t"; exit $r; }; ' +
  'fsync "$t" 2>/dev/null; mv -f "$t" "$f" || exit; ' +
  // On a box whose /var is a RAM disk, pfSense restores the list from here at boot; once an hour is enough wear.
  's=/cf/conf/RAM_Disk_Store; if grep -q "<use_mfs_tmpvar" /conf/config.xml; then mkdir -p $s; o=$s/$n.txt.tgz; ' +
  '[ -n "$(find $o -mmin -60 2>/dev/null)" ] || { tar -czf $o.tmp -C / "var/db/aliastables/$n.txt" && mv -f $o.tmp $o; }; fi; }';

/** The command line of one verb; the same for a free and a restricted key. */
export function helperCommand(options: HelperOptions, sudo: boolean, verb: Verb, sum = ''): string {
  return `${sudo ? 'sudo -n ' : ''}/bin/sh -c '${helperScript(options)}' ${MARK} ${verb}${sum === '' ? '' : ` ${sum}`}`;
}

/** A line of authorized_keys that lets a key do this job and no other. */
export function restrictedKeyLine(options: HelperOptions, publicKey: string): string {
  const command = `/bin/sh -c '${helperScript(options)}' ${MARK}`;
  return `restrict,command="${command.replaceAll('"', '\\"')}" ${publicKey}`;
}
