# shellcheck shell=sh
# Does the work on the firewall, by one verb a call. It is sent as one line between single quotes, through any login shell,
# so it holds no single quote and no exclamation mark (tcsh expands them even there), and its names are short: the whole
# command stays under 4 kB. Nothing of LAPI's is ever part of it: entries come on standard input, are verified by cksum
# and looked at once more before pfctl sees them.
# Shell: that of FreeBSD. Exit codes of its own: 64 no list of addresses, 65 cut, 66 no such alias, 126 no such verb.

PATH=/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
umask 022
set -f

# settings: the connector writes its own in place of these
v=3
n=crowdsec_blacklists
f=/var/db/aliastables/crowdsec_blacklists.txt
# end of settings
# v: version of the helper, n: name of the alias and of its table, f: its file, or nothing when the list is in pf alone.

# Of a forced command the words after the last mark count, and no others. They are verb, checksum and length: split here.
c=${SSH_ORIGINAL_COMMAND:-}
# shellcheck disable=SC2086
if [ -n "$c" ]; then set -- ${c##* crowdsec-bouncer }; fi

x=/conf/config.xml
t=$f.crowdsec
e="^[0-9a-f.:]+(/[0-9]+)?\$"

# Ends it: fail CODE WORDS
fail() { echo "$2" >&2; exit "$1"; }

# On the table of the alias: pf COMMAND ...
pf() { pfctl -t "$n" -T "$@"; }

# The lines that a command has picked into $l.
lines() { printf "%s\n" "$l"; }

# What changes by itself: the tables, the rules as they are loaded, and whether they are what was made last.
probe() {
  echo "%helper $v"
  echo %tables; pfctl -vvs Tables || exit
  echo %memory; pfctl -s memory
  echo %maxcount; sysctl -n net.pf.request_maxcount 2>/dev/null
  echo %boot; sysctl -n kern.boottime
  echo %rules; stat -f %m /tmp/rules.debug 2>/dev/null
  echo %line; grep "^table <$n>" /tmp/rules.debug 2>/dev/null | cut -c 1-160
  echo %blocks; pfctl -vsr 2>/dev/null | grep -E -A 1 "^block .*(from|to) <$n>" | cut -c 1-400
  echo %pf; pfctl -s info 2>/dev/null | grep "^Status:"
  echo %sum; { pfctl -sn; pfctl -sr; } 2>/dev/null | cksum
  # Copied only when a filter load has succeeded.
  echo %stale; r=/conf/rules.debug.old; if [ -e $r ]; then cmp -s /tmp/rules.debug $r || echo yes; fi
  echo %file; if [ -e "$f" ]; then cksum <"$f"; fi
  echo %end
}

entries() { echo %entries; pf show 2>/dev/null; :; }

# Elements of config.xml for which a test of awk holds, each on one line: xml NAME TEST PRINT. What stands between
# them is not kept: awk would need minutes.
xml() {
  awk "
    /<$1[ >]/ { b=\"\"; k=1 }
    k { b=b \$0 }
    /<.$1>/ { if ($2) { $3 }; b=\"\"; k=0 }
  " $x
}

# What config.xml has of the alias and its rules, the rules of pf themselves, and what else is of interest once.
facts() {
  s="print substr(b, 1, 2000)"
  echo %version; cat /etc/version 2>/dev/null || opnsense-version 2>/dev/null
  echo %alias; xml alias "index(b, \"<name>$n</name>\")" "$s"
  echo %members
  xml alias "b ~ /<address><.address>|<address.>/" "match(b, /<name>[^<]*/); print substr(b, RSTART+6, RLENGTH-6)" |
    head -n 100
  echo %configured; xml rule "index(b, \"<address>$n</address>\")" "$s" | head -n 50
  # Never the whole section: it may hold passphrases.
  echo %interfaces
  sed -n -e "/<interfaces>/,/<.interfaces>/p" -e "/<ifgroups>/,/<.ifgroups>/p" $x |
    grep -E "^[[:space:]]*<(/?(wan|lan|opt[0-9]+|ifgroupentry)|(if|descr|ipaddr|gateway|ifname|members)>)" |
    cut -c 1-200 | head -n 2000
  echo %nat; pfctl -sn 2>/dev/null
  echo %filter; pfctl -sr 2>/dev/null
  # Whom the firewall sees: for from="..." before a restricted key, also behind NAT.
  echo %client; echo "${SSH_CONNECTION%% *}"
  echo %package
  # shellcheck disable=SC2010
  ls /usr/local/etc/rc.d 2>/dev/null | grep crowdsec_firewall
  echo %end
}

# The whole input, or nothing: take SUM LENGTH. What was cut on its way has another length.
take() {
  d=$(cat; echo .)
  d=${d%.}
  [ "$(printf "%s" "$d" | cksum)" = "$1 $2" ] || fail 65 "the transfer was cut"
}

# A table that pf does not have is no mistake while the alias is in the configuration.
known() {
  pfctl -s Tables 2>/dev/null | grep -qx "$n" || grep -q "<name>$n</name>" $x || fail 66 "no such alias"
}

# Lines with + are added, then those with - deleted.
delta() {
  take "$@"
  known
  for s in + -; do
    a=add
    [ $s = - ] && a=delete
    l=$(printf "%s" "$d" | sed -n "s/^[$s]//p" | grep -E "$e")
    [ -z "$l" ] || lines | pf $a -f - || exit
  done
}

# Ends connections from and to addresses. Many at once are looked up in the state table first: most of them have no
# connection, and each kill is two processes.
states() {
  take "$@"
  l=$(printf "%s" "$d" | grep -E "$e")
  [ -n "$l" ] || return 0
  if [ "$(lines | wc -l)" -gt 16 ]; then
    l=$(
      lines | grep / | head -n 16
      pfctl -s states 2>/dev/null | tr -s " ()<>" "\n" |
        sed -n -e "s/^\([0-9.]*\):[0-9]*\$/\1/p" -e "s/^\([0-9a-f:]*\)\[[0-9]*\]\$/\1/p" | sort -u | grep -Fx "$l"
    )
  fi
  lines | while read -r i; do
    case $i in
      "") continue ;;
      *:*) z=::/0 ;;
      *) z=0.0.0.0/0 ;;
    esac
    pfctl -q -k "$i"
    pfctl -q -k "$z" -k "$i"
  done
}

# The whole list, in the table alone.
table() {
  take "$@"
  known
  l=$(printf "%s" "$d" | grep -E "$e")
  if [ -n "$l" ]; then lines | pf replace -f -; else pf flush; fi
}

# The whole list, in table and file. The table first: what pf does not take must not be in the file at the next boot.
file() {
  cat >"$t" || exit
  [ "$(cksum <"$t")" = "$1 $2" ] || { rm -f "$t"; fail 65 "the transfer was cut"; }
  if grep -Ev "$e" "$t" | grep -qv "^#"; then rm -f "$t"; fail 64 "not a list of addresses"; fi
  known
  if grep -Eq "$e" "$t"; then pf replace -f "$t"; else
    pf replace -f "$t" || pf flush
  fi || { r=$?; rm -f "$t"; exit $r; }
  fsync "$t" 2>/dev/null
  mv -f "$t" "$f" || exit
  # On a box whose /var is a RAM disk, pfSense restores the list from here at boot; once an hour is enough wear.
  s=/cf/conf/RAM_Disk_Store
  if grep -q "<use_mfs_tmpvar" $x; then
    mkdir -p $s
    o=$s/$n.txt.tgz
    [ -n "$(find $o -mmin -60 2>/dev/null)" ] || { tar -czf $o.tmp -C / "var/db/aliastables/$n.txt" && mv -f $o.tmp $o; }
  fi
}

case "$1" in
  probe) probe ;;
  facts) probe && facts ;;
  show) probe && entries ;;
  all) probe && facts && entries ;;
  full) if [ -n "$f" ]; then file "$2" "$3"; else table "$2" "$3"; fi ;;
  delta) delta "$2" "$3" ;;
  kill) states "$2" "$3" ;;
  reload) /etc/rc.filter_configure_sync >/dev/null ;;
  *) fail 126 "this key is for the CrowdSec list only" ;;
esac
