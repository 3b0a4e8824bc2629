import type { TreeMap } from './tree.ts';
import { emitYaml } from './yaml.ts';

/** A Middleware of Traefik's CRD; v2.11 and every v3 read this group. */
export function emitMiddleware(name: string, spec: TreeMap, comments: readonly string[]): string {
  const document = {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'Middleware',
    metadata: { name: resourceName(name) },
    spec,
  };
  return emitYaml(document, comments);
}

/** A Secret; it has to stand in the namespace of the Middleware that names it. */
export function emitSecret(name: string, data: Readonly<Record<string, string>>): string {
  const metadata = { name: resourceName(name) };
  return emitYaml({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData: data });
}

/** Kubernetes takes lower case and hyphens only. */
export function resourceName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
