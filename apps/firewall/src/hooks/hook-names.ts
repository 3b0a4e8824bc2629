/** The hooks of nftables that we know, in the order in which a packet meets them. */
export const NFT_HOOKS = ['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting'];
/** Those that see packets go out; a chain of iptables in capitals. */
export const GOING_OUT = ['output', 'postrouting'];
/** Priorities of nftables go from minus this to this. */
export const MAX_PRIORITY = 10_000;
/** Connections are known to the kernel behind this priority only. Source: NF_IP_PRI_CONNTRACK. */
export const CONNTRACK_PRIORITY = -200;
/** What nft and iptables take in quotes as it stands. iptables has room for 29 characters, a blank at the end included. */
export const LOG_PREFIX = /^[\w.:;,/()=<>#@+*!?&%[\]{}|~^-][\w .:;,/()=<>#@+*!?&%[\]{}|~^-]{0,27}$/;
/** Names that nft takes unquoted, short enough that those made of it fit into ipset's 31 characters. */
export const TABLE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,19}$/;
