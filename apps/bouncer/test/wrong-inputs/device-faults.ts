import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fingerprintOf } from '@bouncer/sandbox';
import { command } from './command.ts';
import type { FaultCase } from './fault-case.ts';
import { block, paste, type World } from './world.ts';

const overTls = ({ tlsRouter: { host, port } }: World) => ({ MIKROTIK_HOST: `${host}:${port}`, MIKROTIK_TLS: 'true' });
const toPfSense = async (world: World) => {
  const { host, port, hostKeyFingerprint } = await world.pfsense();
  return { PFSENSE_HOST: `${host}:${port}`, PFSENSE_PASSWORD: 'pfsense', PFSENSE_HOST_KEY: hostKeyFingerprint };
};

/** A folder of the output, written to by the command that the doctor names for an empty one. */
async function filled({ lapi, sound, folder }: World, name: string, word = 'sync') {
  const own = { TRAEFIK_OUTPUT_DIR: path.join(folder, name) };
  const core = { CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: lapi.key, HTTP_LISTEN: 'off' };
  await command('traefik', [word], { ...core, ...sound['traefik'], ...own });
  return own;
}

/** Changes every rule of the router, and puts the usual ones back afterwards. */
function withRules(change: (world: World) => void): Pick<FaultCase, 'wrong' | 'after'> {
  const clear = ({ router }: World): void => {
    for (const rule of router.rules()) router.removeRule(rule);
  };
  return {
    wrong: (world) => {
      clear(world);
      change(world);
      return {};
    },
    after: (world) => {
      clear(world);
      block(world.router);
    },
  };
}

const routers: readonly FaultCase[] = [
  {
    name: 'the router does not listen',
    wrong: async ({ router }) => {
      await router.refuse();
      return {};
    },
    step: 'tcp',
    cause: /connection refused/,
    fix: /switch the service on: \/ip\/service\/set api disabled=no/,
    follow: async (_, { router }) => {
      await router.listen();
      return {};
    },
  },
  {
    name: 'the password of the router is wrong',
    wrong: () => ({ MIKROTIK_PASSWORD: 'not-it' }),
    step: 'login',
    cause: /the router refuses the login of user/,
    fix: /(MIKROTIK_PASSWORD)/,
    follow: (variable) => ({ [variable]: 'secret' }),
  },
  {
    name: 'MIKROTIK_TLS at the plain port',
    wrong: () => ({ MIKROTIK_TLS: 'true' }),
    step: 'tls',
    cause: /the port speaks the API without TLS/,
    fix: /MIKROTIK_TLS=(false)/,
    follow: (value) => ({ MIKROTIK_TLS: value }),
  },
  {
    name: 'no MIKROTIK_TLS at the port of api-ssl',
    wrong: (world) => ({ ...overTls(world), MIKROTIK_TLS: 'false' }),
    step: 'login',
    cause: /the router closed the connection/,
    fix: /MIKROTIK_TLS=(true)/,
    follow: (value, { caFile }) => ({ MIKROTIK_TLS: value, MIKROTIK_CA_FILE: caFile }),
  },
  {
    name: "the router's certificate is not known",
    wrong: overTls,
    step: 'tls',
    cause: /is not signed by a trusted CA/,
    fix: /MIKROTIK_TLS_FINGERPRINT=([0-9A-Fa-f:]+)/,
    follow: (pin) => ({ MIKROTIK_TLS_FINGERPRINT: pin }),
  },
  {
    name: "the router's certificate is another than the pinned one",
    wrong: (world) => ({ ...overTls(world), MIKROTIK_TLS_FINGERPRINT: 'a0'.repeat(32) }),
    step: 'tls',
    cause: /not the pinned one/,
    fix: /set MIKROTIK_TLS_FINGERPRINT to the new one/,
    follow: (_, { caFile }) => ({
      MIKROTIK_TLS_FINGERPRINT: fingerprintOf(readFileSync(caFile.replace('ca.', 'router.'), 'utf8')),
    }),
  },
  {
    name: 'the router has no rule for IPv4',
    ...withRules(({ router }) => {
      router.setRule({ family: 6, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' });
    }),
    step: 'rule ipv4',
    cause: /no rule uses the list/,
    fix: /(\/ip\/firewall\/raw\/add [^`]+)/,
    follow: (line, { router }) => {
      paste(router, line);
      return {};
    },
  },
  {
    name: 'the router has no rule for IPv6',
    ...withRules(({ router }) => {
      router.setRule({ family: 4, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' });
    }),
    step: 'rule ipv6',
    cause: /no rule uses the list/,
    fix: /(\/ipv6\/firewall\/raw\/add [^`]+)/,
    follow: (line, { router }) => {
      paste(router, line);
      return {};
    },
  },
  {
    name: 'the list of the router is another',
    wrong: () => ({ MIKROTIK_BLACKLIST: 'crowdsec-blocked', MIKROTIK_IPV6: 'false' }),
    step: 'rule ipv4',
    cause: /no rule uses the list crowdsec-blocked/,
    fix: /(\/ip\/firewall\/raw\/add [^`]+)/,
    follow: (line, { router }) => {
      paste(router, line);
      return {};
    },
  },
];

const firewalls: readonly FaultCase[] = [
  {
    name: 'what listens at the port speaks no SSH',
    app: 'pfsense',
    wrong: async (world) => ({ ...(await toPfSense(world)), PFSENSE_HOST: `127.0.0.1:${world.lapi.port}` }),
    step: 'login',
    cause: /ended the connection before it said anything of SSH/,
    fix: /check that PFSENSE_SSH_PORT is the port of SSH/,
    follow: async (_, world) => toPfSense(world),
  },
  {
    name: 'the password of the firewall is wrong',
    app: 'pfsense',
    wrong: async (world) => ({ ...(await toPfSense(world)), PFSENSE_PASSWORD: 'not-it' }),
    step: 'login',
    cause: /refuses the login of "admin"/,
    fix: /(PFSENSE_PASSWORD)/,
    follow: (variable) => ({ [variable]: 'pfsense' }),
  },
  {
    name: 'the host key is another',
    app: 'pfsense',
    wrong: async (world) => ({ ...(await toPfSense(world)), PFSENSE_HOST_KEY: `SHA256:${'B'.repeat(43)}` }),
    step: 'host key',
    cause: /not the pinned SHA256:BBB/,
    fix: /PFSENSE_HOST_KEY=(SHA256:\S{43})/,
    follow: (pin) => ({ PFSENSE_HOST_KEY: pin }),
  },
  {
    name: 'the host key is not given',
    app: 'pfsense',
    wrong: async (world) => ({ ...(await toPfSense(world)), PFSENSE_HOST_KEY: '' }),
    step: 'host key',
    cause: /no key is configured to compare it with/,
    fix: /PFSENSE_HOST_KEY=(SHA256:\S{43})/,
    follow: (pin) => ({ PFSENSE_HOST_KEY: pin }),
  },
  {
    name: 'the user is not root',
    app: 'pfsense',
    wrong: async (world) => ({ ...(await toPfSense(world)), PFSENSE_USER: 'operator' }),
    step: 'rights',
    cause: /may not do this on the firewall/,
    fix: /PFSENSE_SUDO=(true)/,
    follow: (value) => ({ PFSENSE_SUDO: value }),
  },
];

const files: readonly FaultCase[] = [
  {
    name: 'the folder is not there',
    app: 'traefik',
    wrong: ({ folder }) => ({ TRAEFIK_OUTPUT_DIR: path.join(folder, 'missing') }),
    step: 'folder',
    cause: /is not there/,
    fix: /(create) the folder/,
    follow: async (_, world) => {
      mkdirSync(path.join(world.folder, 'missing'));
      return filled(world, 'missing');
    },
  },
  {
    name: 'the folder is a file',
    app: 'traefik',
    wrong: ({ folder }) => {
      writeFileSync(path.join(folder, 'file'), '');
      return { TRAEFIK_OUTPUT_DIR: path.join(folder, 'file') };
    },
    step: 'folder',
    cause: /is no folder/,
    fix: /name a folder/,
    follow: (_, world) => filled(world, 'out'),
  },
  {
    name: 'nothing was written yet',
    app: 'traefik',
    wrong: ({ folder }) => {
      mkdirSync(path.join(folder, 'new'));
      return { TRAEFIK_OUTPUT_DIR: path.join(folder, 'new') };
    },
    step: 'files',
    cause: /not in \S+: /,
    fix: /start the connector \(`run` or `(sync)`\)/,
    follow: (word, world) => filled(world, 'new', word),
  },
];

/** What may be wrong with a device, or on the way to it. */
export const deviceFaults: readonly FaultCase[] = [...routers, ...firewalls, ...files];
