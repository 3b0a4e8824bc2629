import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  allHostileTexts,
  fuzzSetup,
  hostileText,
  readCompose,
  readUnit,
  sectionOf,
  shellWordsOf,
} from '@bouncer/testkit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kind } from '../src/kind.ts';
import { settingsFor } from '../src/config.ts';
import type { FirewallValues } from '../src/config.ts';
import { setupText } from '../src/setup/setup-text.ts';

const modes = ['nftables', 'iptables'] as const;
const noAnalyze =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? undefined : 'there is no systemd-analyze here';

/** Hostile text, also behind a letter, as a name has to begin. */
const odd = (...sound: fc.Arbitrary<string>[]) =>
  fc.oneof(
    hostileText(),
    { arbitrary: fc.constantFrom(...allHostileTexts).map((text) => `X${text}`), weight: 3 },
    ...sound,
  );
const chain = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,27}$/);
const hook = fc.constantFrom('input', 'FORWARD', 'prerouting', 'docker-user');
const inputs = {
  FIREWALL_TABLE: odd(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,19}$/), fc.constantFrom('null', 'yes', 'n', 'on')),
  FIREWALL_HOOKS: odd(
    fc.array(hook, { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
    fc.array(fc.oneof(chain, hook), { minLength: 1, maxLength: 3 }).map((all) => all.join(' ')),
  ),
  FIREWALL_PRIORITY: fc.oneof(fc.integer({ min: -11_000, max: 11_000 }).map(String), hostileText()),
  FIREWALL_SET_ONLY: fc.constantFrom('true', 'false'),
  FIREWALL_DENY_ACTION: fc.constantFrom('DROP', 'reject'),
  FIREWALL_DENY_LOG: fc.constantFrom('yes', 'no'),
  FIREWALL_IPV6: fc.constantFrom('1', '0'),
};

/** Of the words of `docker run`, the variables that the container is given. */
function variablesOf(words: readonly string[]): Record<string, string> {
  const given = words.filter((word, index) => words[index - 1] === '-e' && word.includes('='));
  return Object.fromEntries(given.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}

describe('what setup prints to start the connector', () => {
  it.each(modes)('in %s mode is read back by sh and by compose as the same settings', async (mode) => {
    const taken = await fuzzSetup({
      connector: kind,
      base: { FIREWALL_MODE: mode },
      inputs,
      runs: 150,
      async holds({ text, again }) {
        const [words = [], ...more] = shellWordsOf(sectionOf(text, '# Docker.'), 'docker');
        expect([more, words[0], words.at(-1)]).toEqual([[], 'run', 'crowdsec-firewall-bouncer']);
        const byShell = variablesOf(words);
        expect(words.filter((_, index) => words[index - 1] === '-e')).toContain('CROWDSEC_BOUNCER_API_KEY');
        expect(byShell).toMatchObject({ CROWDSEC_API_URL: 'http://127.0.0.1:9', HTTP_LISTEN: '127.0.0.1:9460' });
        const service = readCompose(sectionOf(text, '# compose.yaml')).get('firewall-bouncer');
        const { CROWDSEC_BOUNCER_API_KEY_FILE: file, ...byCompose } = Object.fromEntries(service?.environment ?? []);
        expect(file).toBe('/run/secrets/crowdsec_key');
        expect(byCompose).toEqual(byShell);
        expect(service?.mounts).toEqual([{ source: '/etc/ssl/certs', target: '/etc/ssl/certs', readOnly: true }]);
        expect(await again(byCompose)).toBe(text);
        const unit = readUnit(sectionOf(text, '# /etc/systemd/system/'));
        expect([...unit.keys()]).toEqual(['Unit', 'Service', 'Install']);
      },
    });
    expect(taken).toBeGreaterThan(30);
  });
});

describe.skipIf(noAnalyze !== undefined)(`systemd itself (${noAnalyze ?? 'ready'})`, () => {
  it.each(modes)('has nothing to say about the unit in %s mode', (mode) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'unit-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const values = {
      ...{ mode, table: 'crowdsec', hooks: ['input'], priority: -10, denyAction: 'DROP', ipv6: true },
      ...{ interfaces: [], logPrefix: 'crowdsec drop:', connections: 'all', blockOutgoing: false, denyLog: false },
    };
    const text = setupText(settingsFor(values as unknown as FirewallValues), []);
    // It looks whether the programs are there; ours are elsewhere.
    const unit = sectionOf(text, '# /etc/systemd/system/').replace(/\/usr\/bin\/node \S+/, `${process.execPath} /main`);
    const file = path.join(folder, 'crowdsec-firewall-bouncer.service');
    writeFileSync(file, unit);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    const about = stderr.split('\n').filter((line) => line.includes('crowdsec'));
    expect([status, about]).toEqual([0, []]);
  });
});
