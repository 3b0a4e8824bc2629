import { defineKind } from '@bouncer/target';
import { AclFile } from './acl-file.ts';
import { haproxySettings } from './config.ts';
import { RuntimeApi } from './runtime-api.ts';
import { HaproxyTarget } from './target.ts';

/** The HAProxy connector: decisions as entries of an ACL of a running HAProxy. */
export const kind = defineKind({
  name: 'haproxy',
  type: 'crowdsec-haproxy-bouncer',
  title: 'HAProxy',
  summary: "Keeps CrowdSec's decisions in an ACL of a running HAProxy, by its runtime API.",
  settings: haproxySettings,
  deviceHosts: ({ socket }) => ('host' in socket ? [socket.host] : []),
  createTargets: ({ socket, acl }, { clock }) => [
    new HaproxyTarget({ socket, acl }, new RuntimeApi(socket, clock), AclFile.of(acl)),
  ],
});
