import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releasedApps } from './deb/all-debs.ts';
import { readWorkflow, runJob, type WorkflowRun } from './workflow-run.ts';

const root = path.resolve(import.meta.dirname, '../..');
const workflow = readWorkflow(path.join(root, '.github/workflows/release.yml'));
const bake = readFileSync(path.join(root, 'docker/docker-bake.hcl'), 'utf8');
const images = releasedApps.map((app) => (app === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-${app}-bouncer`));
const actionlint = process.env['ACTIONLINT_BIN'] ?? '';

describe('the release workflow', () => {
  let checkout: string;
  beforeAll(() => {
    checkout = mkdtempSync(path.join(os.tmpdir(), 'workflow-'));
    const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: checkout });
    execFileSync('git', ['clone', '--quiet', '--shared', root, checkout]);
    for (const tag of git('tag', '--list')?.toString().split('\n') ?? []) if (tag !== '') git('tag', '--delete', tag);
    git('tag', 'v1.2.2');
    git('tag', 'v2.0.0-rc.1');
    // As it stands here, committed or not.
    for (const file of ['references.ts', 'print-references.ts'])
      writeFileSync(path.join(checkout, 'tools/releasing', file), readFileSync(path.join(import.meta.dirname, file)));
  });
  afterAll(() => {
    rmSync(checkout, { recursive: true });
  });

  function at(tag: string, vars: WorkflowRun['vars'] = {}): WorkflowRun {
    const manifest = path.join(checkout, 'packages/cli/package.json');
    const before = JSON.parse(readFileSync(manifest, 'utf8')) as object;
    writeFileSync(manifest, JSON.stringify({ ...before, version: tag.slice(1) }));
    return { checkout, tag, owner: 'Some-Team', vars };
  }
  const moved = (calls: readonly string[]): string[] =>
    calls.flatMap((call) => /^docker buildx imagetools create --tag (\S+)/.exec(call)?.[1] ?? []);

  it('moves 1.2, 1 and latest of every image, after it was run, scanned and signed', () => {
    const calls = runJob(workflow, 'images', at('v1.2.3'));
    const place = (word: string): number => calls.findLastIndex((call) => call.includes(word));
    const first = (word: string): number => calls.findIndex((call) => call.includes(word));
    const steps = [first('docker/bake-action'), place('docker run'), first('trivy-action'), first('cosign sign')];
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    for (const image of images) {
      const name = `ghcr.io/some-team/${image}`;
      expect(moved(calls).filter((each) => each.startsWith(`${name}:`))).toEqual([
        `${name}:1.2`,
        `${name}:1`,
        `${name}:latest`,
      ]);
      const signed = first(`cosign sign --yes --recursive ${name}@sha256:0123`);
      expect(first('trivy-action')).toBeLessThan(signed);
      expect(signed).toBeLessThan(first(`create --tag ${name}:`));
      for (const platform of ['linux/amd64', 'linux/arm64', 'linux/arm/v7'])
        expect(
          calls.filter((call) => call.includes(`--platform ${platform} `) && call.includes(`${name}:1.2.3`)),
        ).toHaveLength(1);
    }
  });

  it.each(['v1.3.0-rc.1', 'v2.0.0-beta.2'])(
    'moves nothing at %s, and calls the release one before a final one',
    (tag) => {
      expect(moved(runJob(workflow, 'images', at(tag)))).toEqual([]);
      const calls = runJob(workflow, 'release', at(tag));
      expect(calls.at(-1)).toMatch(/^gh release create v.* --latest=false --prerelease /);
    },
  );

  it('leaves latest where it is at a patch of an older line', () => {
    expect(moved(runJob(workflow, 'images', at('v1.1.9')))).toEqual(
      images.map((image) => `ghcr.io/some-team/${image}:1.1`),
    );
    expect(runJob(workflow, 'release', at('v1.1.9')).at(-1)).toMatch(/ --latest=false /);
  });

  it('goes to the registry that is named', () => {
    const calls = runJob(workflow, 'images', at('v1.2.3', { IMAGE_REGISTRY: 'registry.example.org/team/' }));
    expect(moved(calls)).toContain('registry.example.org/team/crowdsec-bouncer:latest');
  });

  it('ends at once with a tag, a version or a registry that cannot be', () => {
    const wrong: readonly (readonly [string, WorkflowRun])[] = [
      ['is no version', at('v1.2.3.4')],
      ['IMAGE_REGISTRY is', at('v1.2.3', { IMAGE_REGISTRY: 'https://ghcr.io/team' })],
      ['packages/cli/package.json', { ...at('v1.2.3'), tag: 'v1.2.4' }],
    ];
    for (const [why, run] of wrong) expect(() => runJob(workflow, 'test', run)).toThrow(why);
    expect(workflow.jobs['images']?.needs).toBe('test');
    expect(workflow.jobs['release']?.needs).toBe('images');
  });

  it('moves nothing when an image says another version than the one that was tagged', () => {
    const job = workflow.jobs['images'];
    const broken = {
      ...workflow,
      jobs: { images: { ...job, env: { ...job?.env, BROKEN: '0.0.9' }, steps: job?.steps ?? [] } },
    };
    expect(() => runJob(broken, 'images', at('v1.2.3'))).toThrow('0.0.9');
  });

  it('gives the release its files, signed, and its notes', () => {
    const calls = runJob(workflow, 'release', at('v1.2.3'));
    expect(calls).toContain('cosign sign-blob --yes --bundle SHA256SUMS.sigstore.json SHA256SUMS');
    expect(calls.at(-1)).toMatch(/^gh release create v1\.2\.3 --verify-tag .* --latest=true .*crowdsec-bouncer\.cjs/);
  });

  it('has no right that it does not use, and keeps no key', () => {
    expect(workflow.on).toEqual({ push: { tags: ['v*.*.*'] } });
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(workflow.jobs['images']?.permissions).toEqual({ contents: 'read', packages: 'write', 'id-token': 'write' });
    expect(workflow.jobs['release']?.permissions).toEqual({ contents: 'write', 'id-token': 'write' });
    const scan = workflow.jobs['images']?.steps.find(({ uses }) => uses?.includes('trivy'));
    expect(scan?.with).toMatchObject({ 'exit-code': '1' });
    expect(workflow.jobs['test']?.steps.some(({ run }) => run?.includes('npm audit signatures') === true)).toBe(true);
  });

  it('pushes nothing but the version itself, with SBOM and provenance', () => {
    const [, released = ''] = /^target "released" \{([^]*?)^\}/m.exec(bake) ?? [];
    expect(released).toContain('tags = ["${REGISTRY}${image(app)}:${VERSION}"]');
    expect(released).toContain('platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"]');
    expect(released).toContain('attest = ["type=provenance,mode=max", "type=sbom"]');
  });

  it('says what becomes of 32-bit ARM, which has Node 22', () => {
    expect(readFileSync(path.join(root, 'docker/Dockerfile'), 'utf8')).toMatch(/^ARG NODE_ARM=node:22-/m);
    expect(readFileSync(path.join(root, 'docs/releasing.md'), 'utf8')).toMatch(/32-bit ARM after April 2027/);
  });
});

describe('workflows', () => {
  it.skipIf(actionlint === '')(
    `are without a complaint of actionlint (${actionlint === '' ? 'ACTIONLINT_BIN names none' : 'ready'})`,
    () => {
      const { status, stdout } = spawnSync(actionlint, ['-no-color'], { cwd: root, encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    },
  );
});
