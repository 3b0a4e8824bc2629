/** What to do on pfSense for the REST API. */
export function restSetup(alias: string): string {
  return `# pfSense, by its REST API (package pfSense-pkg-RESTAPI; install it again after an upgrade of pfSense).
# Every change rewrites config.xml and reloads the filter: prefer PFSENSE_MODE=ssh for more than a few thousand entries.

1. Firewall > Aliases > IP > Add: Name ${alias}, Type Network(s), no entry. Save, Apply Changes.
2. Firewall > Rules > WAN > Add (to the top): Action Block, Address Family IPv4+IPv6, Protocol any,
   Source "Address or Alias" ${alias}, Destination any. Save, Apply Changes.
3. System > User Manager > Add: a user crowdsec with these privileges and no others:
   api-v2-firewall-aliases-get, api-v2-firewall-alias-patch, api-v2-firewall-apply-get, api-v2-firewall-apply-post
   (and api-v2-firewall-rules-get, so that \`check\` can see the rule).
4. Logged in as that user: System > REST API > Keys > Add; System > REST API > Settings: Authentication Methods with Key.
   The key goes into PFSENSE_API_KEY.
`;
}
