import type { KindName } from '../../kinds.ts';

/** What a connector wants of a Debian host, where that differs from what any connector wants. */
export interface Wants {
  /** The folder of its state is read by others (a proxy); else by itself only. */
  readonly isRead?: boolean;
  /** Folders beside its state that it writes, by the pages that say how to set it up. A `-` before one that may be missing. */
  readonly writes?: readonly string[];
  /** Linux capabilities of the service. */
  readonly capabilities?: readonly string[];
  /** Those that it may be given by a file in its service.d folder. */
  readonly possibleCapabilities?: readonly string[];
  /** Units that should be up before it. */
  readonly after?: readonly string[];
  readonly depends?: readonly string[];
  readonly suggests?: readonly string[];
  /** Packages that do the same work on the same device, or own the same file. */
  readonly conflicts?: readonly string[];
  /** Groups that its user joins, where they are there. */
  readonly groups?: readonly string[];
  /** Settings by YAML key that are set from the start: where things are on Debian. */
  readonly preset?: Readonly<Record<string, string>>;
  /** The device is this host: what is in place there goes with the package. */
  readonly purgesOnRemove?: boolean;
}

/** A kind without a line here is packaged all the same. */
export const wants: Readonly<Partial<Record<KindName | 'bouncer', Wants>>> = {
  firewall: {
    capabilities: ['CAP_NET_ADMIN'],
    after: ['nftables.service', 'docker.service'],
    depends: ['nftables'],
    suggests: ['iptables', 'ipset'],
    // The settings file of the Go bouncer has the same name, and is understood.
    conflicts: [
      'crowdsec-firewall-bouncer',
      'crowdsec-firewall-bouncer-nftables',
      'crowdsec-firewall-bouncer-iptables',
    ],
    purgesOnRemove: true,
  },
  haproxy: { after: ['haproxy.service'], writes: ['-/etc/haproxy/crowdsec'], groups: ['haproxy'] },
  nginx: { isRead: true, preset: { 'nginx.output_dir': '/var/lib/crowdsec-bouncer-nginx' } },
  traefik: { isRead: true, preset: { 'traefik.output_dir': '/var/lib/crowdsec-bouncer-traefik' } },
  bouncer: {
    isRead: true,
    // For a target of the kind firewall; see docs/debian.md.
    possibleCapabilities: ['CAP_NET_ADMIN'],
    writes: ['-/etc/haproxy/crowdsec'],
    groups: ['haproxy'],
    suggests: ['nftables'],
  },
};

/** One of the connectors, as Debian knows it. */
export interface DebianApp {
  /** Folder under apps/. */
  readonly app: string;
  /** Of the package, its command, service, user and state: `crowdsec-bouncer-mikrotik`. */
  readonly name: string;
  /** Of the program: `crowdsec-mikrotik-bouncer`. */
  readonly type: string;
  /** One line. */
  readonly title: string;
  /** Path of the YAML file that it reads by default. */
  readonly settings: string;
  readonly wants: Wants;
}

/** `title` is the kind's; without one it is the connector for all kinds. */
export function debianApp(app: string, title?: string): DebianApp {
  const type = title === undefined ? 'crowdsec-bouncer' : `crowdsec-${app}-bouncer`;
  return {
    app,
    name: title === undefined ? 'crowdsec-bouncer' : `crowdsec-bouncer-${app}`,
    type,
    title: title === undefined ? 'CrowdSec decisions on any number of devices' : `CrowdSec decisions for ${title}`,
    settings: `/etc/crowdsec/bouncers/${type}.yaml`,
    wants: (wants as Readonly<Partial<Record<string, Wants>>>)[app] ?? {},
  };
}
