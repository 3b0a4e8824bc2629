import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readyPath } from '../src/forward-auth/ready.ts';

const folder = path.resolve(import.meta.dirname, '../../../docker/kubernetes/traefik');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

interface Resource {
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly template?: { readonly spec: { readonly containers: readonly Readonly<Record<string, unknown>>[] } };
  };
}

it('the Kubernetes manifest takes no site down while LAPI is away, nor by an upgrade', () => {
  const resources = parseAllDocuments(read('manifest.yaml')).map((document) => document.toJS() as Resource);
  const specOf = (kind: string) => resources.find((each) => each.kind === kind)?.spec;
  const deployment = specOf('Deployment');
  expect(deployment).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
  expect(deployment?.template?.spec.containers).toMatchObject([
    {
      readinessProbe: { httpGet: { path: readyPath, port: 'auth' } },
      volumeMounts: expect.arrayContaining([{ name: 'output', mountPath: '/output' }]) as unknown,
    },
  ]);
  expect(specOf('PodDisruptionBudget')).toMatchObject({ minAvailable: 1 });
  const { configMapGenerator } = parse(read('kustomization.yaml')) as {
    readonly configMapGenerator: readonly { readonly literals: readonly string[] }[];
  };
  const trusted = configMapGenerator.flatMap(({ literals }) => literals);
  expect(trusted).toContainEqual(expect.stringMatching(/^TRAEFIK_TRUSTED_PROXIES=\d/));
});
