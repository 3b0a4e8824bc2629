import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runConnectorCommand } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { chartValues } from './chart-values.ts';
import { releasedApps } from './deb/all-debs.ts';
import { helmLint, helmTemplate } from './helm.ts';

const helm = process.env['HELM_BIN'] ?? '';
const reason = helm === '' ? 'HELM_BIN names no helm' : undefined;
const root = path.resolve(import.meta.dirname, '../..');

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly strategy?: { readonly type: string };
    readonly template?: { readonly spec: PodSpec };
  };
}
interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly { readonly image: string; readonly securityContext: unknown }[];
}

async function resourcesOf(kind: string, more: object = {}): Promise<Resource[]> {
  const text = await helmTemplate(helm, 'one', { ...chartValues(kind), ...more });
  return parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Resource;
  });
}

describe.skipIf(reason !== undefined)(`the Helm chart (${reason ?? 'ready'})`, () => {
  it.each(releasedApps)('of %s is taken by helm, and its settings by the connector', async (kind) => {
    await helmLint(helm, chartValues(kind));
    const resources = await resourcesOf(kind);
    const data = resources.find((each) => each.kind === 'ConfigMap')?.data ?? {};
    expect(data['CROWDSEC_BOUNCER_API_KEY_FILE']).toBe('/run/secrets/bouncer/api-key');
    const env = Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'CROWDSEC_BOUNCER_API_KEY_FILE'));
    const ran = await runConnectorCommand({
      app: kind,
      args: ['config'],
      env: { ...env, CROWDSEC_BOUNCER_API_KEY: 'x' },
    });
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each(releasedApps)('of %s runs it with no more rights than it needs', async (kind) => {
    const resources = await resourcesOf(kind);
    const workload = resources.find((each) => each.kind === (kind === 'firewall' ? 'DaemonSet' : 'Deployment'));
    const pod = workload?.spec?.template?.spec;
    const restricted = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    const capabilities = kind === 'firewall' ? { drop: ['ALL'], add: ['NET_ADMIN'] } : { drop: ['ALL'] };
    expect(pod?.containers).toMatchObject([
      { securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities } },
    ]);
    if (kind !== 'firewall') expect(pod?.securityContext).toMatchObject(restricted);
    expect(pod?.hostNetwork === true).toBe(kind === 'firewall');
    const image = kind === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-${kind}-bouncer`;
    expect(pod?.containers[0]?.image).toMatch(new RegExp(`^ghcr.io/team/${image}:\\d`));
  });

  it('gives a device one writer, and traefik no moment without an answer', async () => {
    const of = async (kind: string) => (await resourcesOf(kind)).find((each) => each.kind === 'Deployment')?.spec;
    expect(await of('mikrotik')).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(await of('traefik')).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
    const kinds = (await resourcesOf('traefik')).map((each) => each.kind).sort();
    const all = [
      'ConfigMap',
      'Deployment',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PodMonitor',
      'Service',
      'ServiceAccount',
    ];
    expect(kinds).toEqual(all);
  });

  it.each([
    ['traefik', { settings: {} }, 'TRAEFIK_TRUSTED_PROXIES'],
    ['nginx', { outputClaim: '' }, 'outputClaim'],
    ['mikrotik', { image: { registry: 'ghcr.io/OWNER' } }, 'image.registry'],
    ['mikrotik', { image: { registry: 'https://ghcr.io/team' } }, 'registry'],
    ['mikrotik', { kind: 'opnsense' }, 'kind'],
    ['mikrotik', { setings: {} }, 'setings'],
    ['mikrotik', { lapiUrl: 'lapi:8080' }, 'lapiUrl'],
  ])('of %s with %j is refused, and says why', async (kind, wrong, why) => {
    await expect(helmTemplate(helm, 'one', { ...chartValues(kind), ...wrong })).rejects.toThrow(why);
  });

  it('takes the values of the page', async () => {
    const page = await readFile(path.join(root, 'docs/kubernetes.md'), 'utf8');
    const [, values = ''] = /^```yaml\n# values\.yaml\n([^]*?)^```$/m.exec(page) ?? [];
    const text = await helmTemplate(helm, 'router', parse(values.replace('OWNER', 'team')));
    expect(text).toContain('MIKROTIK_PASSWORD_FILE: "/run/secrets/bouncer/password"');
    expect(text).toContain('secret: { secretName: router }');
  });

  it('and the files for kustomize are the same', () => {
    const env = { ...process.env, HELM_BIN: helm };
    execFileSync(process.execPath, ['tools/releasing/manifests.ts', '--check'], { cwd: root, env });
  });
});
