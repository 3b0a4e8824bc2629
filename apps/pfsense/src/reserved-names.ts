/** Tables that the firewall fills and empties by itself, whatever stands in them. Sources: pfSense's globals.inc and filter.inc, OPNsense's filter.lib.inc and Alias model. */
const TABLES = names(
  'bogons bogonsv6 negate_networks snort2c sshguard sshlockout tonatsubnets virusprot vpn_networks webConfiguratorlockout',
  'LOCAL_NETWORKS miniupnpd natpmp captiveportal crowdsec6_blacklists crowdsec6_blocklists',
);

/** Words of pf's language and of pfSense's lists of them. Source: globals.inc, $pf_reserved_keywords. */
const WORDS = names(
  'all altq anchor antispoof any bandwidth binat bitmask block buckets cbq code codel codelq crop debug dnpipe dnqueue drop error',
  'ether fairq fastroute file filename fingerprints flags floating flush for fragcrop fragdrop fragment from global group hfsc hogs',
  'hostid in include inet inet6 interval ipsec keep keepcounters l2tp l3 label limit linkshare load log loginterface match max',
  'maximummin modulate nat no on openvpn optimization os out overload pass port pppoe pptp prio priority priq probability proto qlimit',
  'queue quick random rdr realtime reassemble return ridentifier route rtable rule ruleset_optimization scrub self set skip sloppy',
  'state synproxy syncookies table tag tagged target tbrsize timeout to tos ttl upperlimit user arrow loopback lo0 wireguard',
  'allowopts binatanchor blockpolicy divertreply divertto dropovl failpolicy icmp6type mapeportset maxsrcconn maxsrcconnrate',
  'maxsrcnodes maxsrcstates minttl noroute nosync replyto returnicmp6 settos sourcehash sourcetrackstatedefaults statepolicy',
  'staticport stickyaddress urpffailed',
);

/** Protocols and services: pf takes such a name for a number. Source: FreeBSD's /etc/protocols and /etc/services, the well-known ones. */
const SERVICES = names(
  'ip icmp igmp ggp ipencap st2 tcp cbt egp igp udp ipv6 ipv4 rsvp gre esp ah icmp6 ospf ospfigp carp pfsync pim l2tp isis sctp',
  'tcpmux echo discard systat daytime netstat qotd chargen ftp ssh telnet smtp time nameserver nicname whois domain dns bootps bootpc',
  'tftp gopher finger http https kerberos hostnames pop2 pop3 sunrpc auth ident sftp nntp ntp imap imap2 imap3 snmp snmptrap xdmcp bgp',
  'irc ldap ldaps nnsp smux at biff who login shell syslog printer lpr talk ntalk route rip ripng uucp exec klogin kshell rtsp nntps',
  'submission smtps imaps pop3s ircs domains socks openvpn radius radacct mysql postgresql nfs sip sips rdp vnc isakmp rsync git svn xmpp',
  'mqtt redis ms_sql_s pptp nut webcache afs3 x11 amanda bacula zabbix submissions telnets ftps netbios microsoft_ds swat cvsup squid',
);

/** Beginnings that somebody keeps for himself, and whose they are. */
const OWNERS: readonly (readonly [RegExp, string])[] = [
  [/^(wan|lan|opt\d+|vtnet\d+|em\d+|igb\d+|igc\d+|ix\d+|re\d+)$/i, 'the name of an interface'],
  [/__network$/i, "pfSense's name for the network of an interface"],
  [/^_.*_$/, 'a name of the kind that pfSense makes itself'],
  [/^__/, 'a name of the kind that OPNsense makes itself'],
  [/^cpzoneid_/i, "kept for pfSense's captive portal"],
  [/^pfb_/i, 'kept for the package pfBlockerNG, which removes what it does not know'],
  [/^easyruleblockhosts/i, "kept for pfSense's EasyRule"],
];

/** Whose name this is when it cannot be that of our alias; pfSense compares without regard to case. */
export function reservedFor(alias: string): string | undefined {
  const name = alias.toLowerCase();
  if (TABLES.has(name)) return 'the name of a table that the firewall keeps itself: it would be overwritten';
  const owner = OWNERS.find(([pattern]) => pattern.test(alias));
  if (owner) return owner[1];
  if (WORDS.has(name)) return "a word of the firewall's own language";
  return SERVICES.has(name) ? 'the name of a protocol or service' : undefined;
}

function names(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').toLowerCase().split(' '));
}
