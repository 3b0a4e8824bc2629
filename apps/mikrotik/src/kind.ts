import { defineKind } from '@bouncer/target';
import { mikrotikSettings } from './config.ts';
import { routersOf } from './router-settings.ts';
import { validateMikrotik } from './validate.ts';
import { MikrotikTarget } from './target.ts';

/** The MikroTik connector: decisions as entries of a RouterOS address list. */
export const kind = defineKind({
  name: 'mikrotik',
  type: 'crowdsec-mikrotik-bouncer',
  title: 'MikroTik RouterOS',
  summary: "Keeps CrowdSec's decisions in an address list of a MikroTik router.",
  settings: mikrotikSettings,
  deviceHosts: (values) => values.host.map(({ host }) => host),
  validate: validateMikrotik,
  createTargets(values, { clock, log }) {
    if (!values.tls) log.warn({}, 'without TLS the password and everything else crosses the network in cleartext');
    if (values.insecure)
      log.warn({}, "the router's certificate is not verified: a man in the middle can read the password");
    if (values.anonymous) log.warn({}, 'TLS without a certificate: a man in the middle can read the password');
    return routersOf(values).map((router) => new MikrotikTarget(router, clock, log));
  },
});
