import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

/** What a document starts a connector with. */
export interface ConnectorEnvironment {
  /** File or folder that says so. */
  readonly place: string;
  readonly app: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Compose {
  readonly services?: Readonly<
    Record<
      string,
      { readonly image: string; readonly environment?: Record<string, string>; readonly secrets?: string[] }
    >
  >;
  readonly secrets?: Readonly<Record<string, unknown>>;
}
interface Kustomization {
  readonly resources: readonly string[];
  readonly images?: readonly { readonly newName: string }[];
  readonly configMapGenerator?: readonly { readonly literals: readonly string[] }[];
}

/** Stand for what the user puts in place of `${NAME:?why}`. */
export const answers: Readonly<Record<string, string>> = {
  CROWDSEC_API_URL: 'https://crowdsec.protected.lan/lapi',
  MIKROTIK_HOST: '192.168.88.1',
  HAPROXY_GROUP: '65534',
  PFSENSE_HOST: '192.168.1.1',
  PFSENSE_HOST_KEY: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
};

/** Every service of a connector in the compose files of a folder. Throws when one uses a secret that its file has not. */
export async function environmentsOfCompose(root: string, folder: string): Promise<ConnectorEnvironment[]> {
  const found: ConnectorEnvironment[] = [];
  for (const name of await readdir(path.join(root, folder))) {
    const place = path.join(folder, name);
    // CrowdSec's acquisition is a list of documents.
    if (name === 'acquisition.yaml') continue;
    const { services = {}, secrets = {} } = parse(await readFile(path.join(root, place), 'utf8')) as Compose;
    for (const service of Object.values(services)) {
      for (const secret of service.secrets ?? []) {
        if (!(secret in secrets)) throw new Error(`${place}: the secret ${secret} is not declared`);
      }
      const app = appOf(service.image);
      const entries = Object.entries(service.environment ?? {}).map(([key, value]) => [key, answered(value)] as const);
      if (app) found.push({ place, app, env: Object.fromEntries(entries) });
    }
  }
  return found;
}

/** Every overlay with an image of its own. Throws when a resource is not there. */
export async function environmentsOfKubernetes(root: string, folder: string): Promise<ConnectorEnvironment[]> {
  const found: ConnectorEnvironment[] = [];
  for (const name of await readdir(path.join(root, folder))) {
    const place = path.join(folder, name);
    const overlay = parse(await readFile(path.join(root, place, 'kustomization.yaml'), 'utf8')) as Kustomization;
    for (const resource of overlay.resources) {
      const file = resource.endsWith('.yaml') ? resource : `${resource}/kustomization.yaml`;
      await readFile(path.join(root, place, file));
    }
    const app = appOf(overlay.images?.[0]?.newName ?? '');
    const literals = (overlay.configMapGenerator ?? []).flatMap(({ literals: lines }) => lines);
    const env = Object.fromEntries(literals.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
    if (app) found.push({ place, app, env });
  }
  return found;
}

function appOf(image: string): string | undefined {
  if (/crowdsec-bouncer(:|$)/.test(image)) return 'bouncer';
  return /crowdsec-(\w+)-bouncer/.exec(image)?.[1];
}

function answered(value: string): string {
  return value.replace(/\$\{(\w+)[^}]*\}/g, (_, name: string) => answers[name] ?? '');
}
