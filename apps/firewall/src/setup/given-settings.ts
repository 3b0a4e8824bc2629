import path from 'node:path';
import { lapiSocketPath } from '@bouncer/stream';
import { coreSettings, type CoreValues, type SettingType, type Settings } from '@bouncer/target';

/** What was set to something other than its default, in the words of the variables; and secrets, by name alone. */
export interface GivenSettings {
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly string[];
  /** Files and sockets of the host that a container has to be given. */
  readonly files: readonly string[];
}

/** Hosts at which a server is open to everybody in the network of the host. */
const ANYWHERE = /^(?:0\.0\.0\.0|\[::\]|\*):(\d+)$/;

/** As if nobody had set anything. */
export const NOTHING_GIVEN: GivenSettings = {
  settings: [['HTTP_LISTEN', '127.0.0.1:9460']],
  secrets: ['CROWDSEC_BOUNCER_API_KEY'],
  files: [],
};

/** All that a container or a service has to be told beside the settings of the firewall itself. */
export function givenSettings(values: CoreValues): GivenSettings {
  const settings: [string, string][] = [];
  const secrets: string[] = [];
  const files: string[] = [];
  const byName = values as unknown as Readonly<Record<string, unknown>>;
  for (const [name, { env, kind, secret, default: standard }] of Object.entries(coreSettings as Settings)) {
    const value = byName[name];
    // Of the whole image it is said already, and where the page listens is said below.
    if (value === undefined || name === 'httpListen') continue;
    if (secret) {
      secrets.push(env);
      continue;
    }
    const printed = (kind as unknown as SettingType<unknown>).print(value);
    const usual = standard === undefined ? undefined : (kind as SettingType<unknown>).parse(String(standard));
    const isUsual = standard === '' ? printed === '' : usual && 'value' in usual && same(usual.value, value);
    if (isUsual === true || printed === '') continue;
    // A password is in it.
    if ((kind as unknown as SettingType<unknown>).secretsIn && printed.includes('***')) {
      secrets.push(env);
      continue;
    }
    settings.push([env, printed]);
    if (/_FILE$/.test(env)) files.push(printed);
    // Its folder: CrowdSec makes the socket anew at every start, and a container would go on with the old one.
    const socket = name === 'lapiUrl' ? lapiSocketPath(printed) : undefined;
    if (socket !== undefined) files.push(path.dirname(socket));
  }
  return { settings: [...settings, ['HTTP_LISTEN', onlyHere(values.httpListen)]], secrets, files };
}

/** In the network of the host, where the image's default would be open to the world, the page stays on loopback. */
function onlyHere(listen: string | undefined): string {
  return (listen ?? '127.0.0.1:9460').replace(ANYWHERE, '127.0.0.1:$1');
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
