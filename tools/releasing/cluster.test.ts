import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { programMissing } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { packChart } from './chart.ts';
import { chartValues } from './chart-values.ts';
import { Cluster, type Told } from './cluster.ts';
import { releasedApps } from './deb/all-debs.ts';
import { helmTemplate } from './helm.ts';

// Debian has neither kube-apiserver nor helm: both are built from the Go module proxy, or downloaded.
const { HELM_BIN: helm = '', KUBE_APISERVER_BIN: apiserver = '', ETCD_BIN: etcd = 'etcd' } = process.env;
const reason =
  helm === '' || apiserver === ''
    ? 'HELM_BIN and KUBE_APISERVER_BIN name no helm and no kube-apiserver'
    : ((await programMissing('kubectl', 'kubernetes-client', ['version', '--client'])) ??
      (await programMissing(etcd, 'etcd-server', ['--version'])));
const root = path.resolve(import.meta.dirname, '../..');
const page = await readFile(path.join(root, 'docs/kubernetes.md'), 'utf8');

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: object } };
}

/** Of the operator's own definition no more than what the chart sets, so that nothing else passes. */
const podMonitors = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'podmonitors.monitoring.coreos.com' },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: { kind: 'PodMonitor', plural: 'podmonitors', singular: 'podmonitor', listKind: 'PodMonitorList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: podMonitorSchema() } }],
  },
});

function podMonitorSchema(): object {
  const object = (properties: object): object => ({ type: 'object', properties });
  const string = { type: 'string' };
  const endpoint = object({ port: string, path: string, interval: string });
  return object({
    spec: object({
      selector: object({ matchLabels: { type: 'object', additionalProperties: string } }),
      podMetricsEndpoints: { type: 'array', items: endpoint },
    }),
  });
}

/** The shell blocks of a section of the page, with what the reader puts in. */
function linesOf(section: string, chart: string): string {
  const text = page.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  // Those with `sh` ask a kubelet.
  const all = [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)];
  const blocks = all.flatMap(([, language, block = '']) => (language === '' ? [block] : []));
  if (blocks.length === 0) throw new Error(`the page has no commands under ${section}`);
  return `set -e\n${blocks
    .join('')
    .replaceAll(/crowdsec-bouncer-[\d.]+\.tgz/g, chart)
    .replaceAll('ghcr.io/OWNER', 'ghcr.io/team')}`;
}

describe.skipIf(reason !== undefined)(`the chart on a real Kubernetes API (${reason ?? 'ready'})`, () => {
  let cluster: Cluster;
  let folder: string;
  const charts: { now: string; next: string } = { now: '', next: '' };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'charts-'));
    charts.now = await packChart({ into: folder, version: '1.2.3', epoch: 0 });
    charts.next = await packChart({ into: folder, version: '1.3.0', epoch: 0 });
    cluster = await Cluster.start({ apiserver, etcd, helm });
    for (const level of ['restricted', 'privileged']) {
      const labels = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=${level}`).join(' ');
      await done(`kubectl create namespace ${level} && kubectl label namespace ${level} ${labels}`);
    }
    await done('kubectl apply -f - && kubectl wait --for condition=established crd --all', podMonitors);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Without an error and without a warning. */
  async function done(line: string, input = ''): Promise<string> {
    const { code, output } = await cluster.sh(line, input, root);
    expect(code, output).toBe(0);
    expect(output).not.toMatch(/warning/i);
    return output;
  }
  const levelOf = (kind: string): string => (kind === 'firewall' ? 'privileged' : 'restricted');
  const workloadOf = (kind: string): string => (kind === 'firewall' ? 'daemonset' : 'deployment');
  const rendered = (kind: string, more: object = {}, chart = charts.now): Promise<string> =>
    helmTemplate(helm, kind, { ...chartValues(kind), ...more }, chart);
  const apply = (kind: string): string =>
    `kubectl --namespace ${levelOf(kind)} apply --server-side --validate=strict -f -`;
  /** There is no controller here: the pod that it would make. */
  function podOf(name: string, text: string): string {
    const all = parseAllDocuments(text).map((document) => document.toJS() as Resource);
    const workload = all.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: workload?.spec.template.spec,
    });
  }
  const created = (level: string, pod: string): Promise<Told> =>
    cluster.sh(`kubectl --namespace ${level} create --validate=strict -f -`, pod);

  it.each(releasedApps)('of %s is taken without a warning, and so is its pod', async (kind) => {
    const text = await rendered(kind);
    const taken = await done(apply(kind), text);
    expect(taken.trim().split('\n')).toHaveLength(parseAllDocuments(text).length);
    const pod = await created(levelOf(kind), podOf(`${kind}-helm`, text));
    expect(pod).toMatchObject({ code: 0, output: expect.not.stringMatching(/warning/i) as string });
  });

  it.each(releasedApps)('of %s is upgraded in place, to another version with other settings', async (kind) => {
    await done(apply(kind), await rendered(kind));
    const uid = `kubectl --namespace ${levelOf(kind)} get ${workloadOf(kind)} ${kind} -o jsonpath='{.metadata.uid}'`;
    const before = await done(uid);
    const { settings = {} } = chartValues(kind) as { settings?: object };
    const changed = {
      settings: { ...settings, LOG_LEVEL: 'debug' },
      podLabels: { team: 'network' },
      resources: { limits: { memory: '256Mi' } },
      replicas: 3,
    };
    const next = await rendered(kind, changed, charts.next);
    const diff = await cluster.sh(`kubectl --namespace ${levelOf(kind)} diff --server-side -f -`, next);
    // 1 is a difference, more is an error: an immutable field, for instance.
    expect(diff.code, diff.output).toBe(1);
    expect(diff.output).toMatch(/^\+ +image: .*:1\.3\.0$/m);
    expect(diff.output).not.toMatch(/^[-+] +uid:/m);
    await done(apply(kind), next);
    expect(before).toMatch(/^[0-9a-f-]{36}$/);
    expect(await done(uid)).toBe(before);
  });

  it.each(releasedApps)('of %s by kustomize is taken as well', async (kind) => {
    const text = await done(`kubectl kustomize docker/kubernetes/${kind}`);
    await done(apply(kind), text);
    const pod = await created(levelOf(kind), podOf(`${kind}-kustomize`, text));
    expect(pod).toMatchObject({ code: 0, output: expect.not.stringMatching(/warning/i) as string });
  });

  it('of the firewall is not for a restricted namespace', async () => {
    const text = await rendered('firewall');
    const told = await cluster.sh('kubectl --namespace restricted apply --server-side -f -', text);
    expect(told.output).toMatch(/would violate PodSecurity/);
    expect((await created('restricted', podOf('firewall-pod', text))).output).toMatch(/violates PodSecurity/);
  });

  it('is installed, upgraded, rolled back and removed by the page', async () => {
    const where = 'kubectl --namespace crowdsec-bouncer';
    await done(linesOf('Helm', charts.now));
    const uid = `${where} get deployment traefik-bouncer -o jsonpath='{.metadata.uid} {.spec.template.spec.containers[0].image}'`;
    const [before = '', first] = (await done(uid)).split(' ');
    expect(first).toBe('ghcr.io/team/crowdsec-traefik-bouncer:1.2.3');
    await done(linesOf('Upgrade and roll back', charts.next));
    const [after, last] = (await done(uid)).split(' ');
    expect(after).toBe(before);
    // Forward to the next version, and back again.
    expect(last).toBe(first);
    expect(await done('helm --namespace crowdsec-bouncer history traefik-bouncer')).toMatch(/1\.3\.0/);
    await done(linesOf('Remove', charts.now));
    const left = await done(`${where} get all,secret,configmap,networkpolicy,pdb,serviceaccount -o name`);
    expect(left.trim()).toBe('secret/traefik-bouncer');
  });

  it('is applied by kustomize as the page says', async () => {
    expect(await done(linesOf('kustomize', charts.now))).toMatch(/^deployment\.apps\/mikrotik-bouncer created$/m);
  });

  it('is for the nodes what the page says, in a namespace of its own', async () => {
    await done(linesOf('The firewall of the nodes', charts.now));
    const pod = podOf('node', await done('helm --namespace crowdsec-firewall get manifest firewall-bouncer'));
    expect(await created('crowdsec-firewall', pod)).toMatchObject({ code: 0 });
  });
});
