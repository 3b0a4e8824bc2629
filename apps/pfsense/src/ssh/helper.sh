# shellcheck shell=sh
# Does the work on the firewall, by one verb a call. It is sent as one line between single quotes, through any login shell,
# so it holds no single quote and no exclamation mark (tcsh expands them even there), and its names are short: the whole
# command stays under 4 kB. Nothing of LAPI's is ever part of it: entries come on standard input, are verified by cksum
# and looked at once more before pfctl sees them.
# Shell: that of FreeBSD. Exit codes of its own: 64 no list of addresses, 65 cut, 66 no such alias, 67 in the table but
# not in the file, 126 no such verb.

PATH=/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
umask 022
set -f

# settings: the connector writes its own in place of these
v=4
n=crowdsec_blacklists
f=/var/db/aliastables/crowdsec_blacklists.txt
# end of settings
# v: version of the helper, n: name of the alias and of its table, f: its file, or nothing when the list is in pf alone.

# Of a forced command the words after the last mark count, and no others. They are verb, checksum and length: split here.
c=${SSH_ORIGINAL_COMMAND:-}
# shellcheck disable=SC2086
if [ -n "$c" ]; then set -- ${c##* crowdsec-bouncer }; fi

x=/conf/config.xml
g=${f%/*}
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

# What config.xml has that concerns us, in one pass, each element on one line behind a letter: what names the alias (b),
# aliases without a member (m), interfaces and their groups (i), and the other node of a pair (h). Only what stands within
# an element is kept, and not more of it than is looked at: awk would need minutes. Never the whole of the interfaces:
# they may hold passphrases.
config() {
  awk -v u=">$n<" "
    /<(alias|rule)[ >]/ { b=z; k=1 }
    /<(interfaces|ifgroups)>/ { j=1 }
    k && length(b) < 5000 { b=b \$0 }
    j && /<(.?(wan|lan|opt[0-9]+|ifgroupentry)|if|descr|ipaddr|gateway|ifname|members)>/ && i++ < 2000 { print \"i\" substr(\$0, 1, 200) }
    /<synchronizetoip>[^<]/ { print \"h\" \$0 }
    /<.(alias|rule)>/ {
      if (index(b, u) && r++ < 99) print \"b\" substr(b, 1, 2000);
      if (b ~ /<address><.address>|<address.>/ && match(b, /<name>[^<]*/) && m++ < 99) print \"m\" substr(b, RSTART+6, RLENGTH-6);
      b=z; k=0
    }
    /<.(interfaces|ifgroups)>/ { j=0 }
  " $x
}

# What config.xml has of the alias and its rules, the rules of pf themselves, and what else is of interest once.
facts() {
  echo %version; cat /etc/version 2>/dev/null || opnsense-version 2>/dev/null
  echo %config; config
  echo %nat; pfctl -sn 2>/dev/null
  echo %filter; pfctl -sr 2>/dev/null
  # Whom the firewall sees: for from="..." before a restricted key, also behind NAT.
  echo %client; echo "${SSH_CONNECTION%% *}"
  echo %package
  # shellcheck disable=SC2010
  ls /usr/local/etc/rc.d 2>/dev/null | grep crowdsec_firewall
  # Whether the file can be written: its folder, then kilobytes left and the file system.
  echo %disk; [ -d "$g" ] || echo missing; [ -w "$g" ] || echo locked
  df -kP "$g" /var/db 2>/dev/null | sed -n 2p
  echo %end
}

# The input, once it was taken.
all() { printf "%s" "$d"; }

# The whole input, or nothing: take SUM LENGTH. What was cut on its way has another length.
take() {
  d=$(cat; echo .)
  d=${d%.}
  [ "$(all | cksum)" = "$1 $2" ] || fail 65 "the transfer was cut"
}

# A table that pf does not have is no mistake while the alias is in the configuration.
known() {
  pfctl -s Tables 2>/dev/null | grep -qx "$n" || grep -q "<name>$n</name>" $x || fail 66 "no such alias"
}

# Lines with one mark: put MARK COMMAND
put() {
  l=$(all | sed -n "s/^[$1]//p" | grep -E "$e")
  [ -z "$l" ] || lines | pf "$2" -f -
}

# Lines with + are added, then those with - deleted. Where pf has no room, what leaves makes it first.
delta() {
  take "$@"
  known
  put + add; r=$?
  put - delete || exit
  [ $r = 0 ] || put + add
}

# Ends connections from and to addresses. Many at once are looked up in the state table first: most of them have no
# connection, and each kill is two processes.
states() {
  take "$@"
  l=$(all | grep -E "$e")
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

# The whole list: the table first, for a file that cannot be written must not cost the protection, and what pf does not
# take must not be in the file at the next boot.
full() {
  take "$@"
  if all | grep -Ev "$e" | grep -qv "^#"; then fail 64 "not a list of addresses"; fi
  known
  if all | grep -Eq "$e"; then all | pf replace -f -; else
    pf replace -f - </dev/null || pf flush
  fi || exit
  [ -z "$f" ] || save "$@"
}

# The file, whole or not at all, by a name of this process: another connector may be at it as well.
save() {
  t=$f.$$
  l=$({
    mkdir -p "$g" && all | cat >"$t" && [ "$(cksum <"$t")" = "$1 $2" ] &&
      { fsync "$t"; mv -f "$t" "$f"; }
  } 2>&1) || {
    rm -f "$t"
    fail 67 "$l ($(df -P "$g" /var/db 2>/dev/null | sed -n "2s/.* //p"))"
  }
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
  full) full "$2" "$3" ;;
  delta) delta "$2" "$3" ;;
  kill) states "$2" "$3" ;;
  reload) /etc/rc.filter_configure_sync >/dev/null ;;
  *) fail 126 "this key is for the CrowdSec list only" ;;
esac
