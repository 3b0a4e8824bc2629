import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readyPath } from '../src/forward-auth/ready.ts';

const folder = path.resolve(import.meta.dirname, '../../../docker/kubernetes/traefik');

interface Operation {
  readonly path: string;
  readonly value: unknown;
}

it('the Kubernetes overlay takes no site down while LAPI is away, nor by an upgrade', () => {
  const overlay = parse(readFileSync(path.join(folder, 'kustomization.yaml'), 'utf8')) as {
    readonly resources: readonly string[];
    readonly patches: readonly { readonly patch: string }[];
    readonly configMapGenerator: readonly { readonly literals: readonly string[] }[];
  };
  const operations = overlay.patches.flatMap(({ patch }) => parse(patch) as Operation[]);
  const valueAt = (end: string): unknown => operations.find(({ path: place }) => place.endsWith(end))?.value;
  expect(valueAt('/replicas')).toBe(2);
  expect(valueAt('/strategy')).toMatchObject({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
  expect(valueAt('/readinessProbe')).toMatchObject({ httpGet: { path: readyPath, port: 'auth' } });
  expect(operations.some(({ value }) => JSON.stringify(value).includes('/output'))).toBe(true);
  const budget = parse(readFileSync(path.join(folder, 'disruption.yaml'), 'utf8')) as { readonly spec: object };
  expect([overlay.resources, budget.spec]).toEqual([
    expect.arrayContaining(['disruption.yaml']),
    expect.objectContaining({ minAvailable: 1 }),
  ]);
  const trusted = overlay.configMapGenerator.flatMap(({ literals }) => literals);
  expect(trusted).toContainEqual(expect.stringMatching(/^TRAEFIK_TRUSTED_PROXIES=\d/));
});
