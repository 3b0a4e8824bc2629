import { describe, expect, it } from 'vitest';
import { pfsenseSettings, validatePfSense } from './config.ts';
import type { PfSenseValues } from './config.ts';

const base = {
  mode: 'ssh',
  host: [{ host: 'fw.lan' }],
  sshPort: 22,
  user: 'admin',
  keyFile: '/key',
  hostKey: [`SHA256:${'a'.repeat(43)}`],
  alias: 'crowdsec_blacklists',
  ruleInterfaces: ['wan'],
  dryRun: false,
} as unknown as PfSenseValues;

const problems = (more: Partial<Record<keyof PfSenseValues, unknown>>) =>
  validatePfSense({ ...base, ...more } as PfSenseValues).map(({ variable }) => variable);

describe('settings', () => {
  it('of the rule name interfaces, or floating alone', () => {
    expect(problems({ ruleInterfaces: ['wan', 'opt1'] })).toEqual([]);
    expect(problems({ ruleInterfaces: ['floating'] })).toEqual([]);
    expect(problems({ ruleInterfaces: ['floating', 'wan'] })).toEqual(['PFSENSE_RULE_INTERFACES']);
  });

  it('are sound as they are', () => {
    expect(problems({})).toEqual([]);
  });

  it.each([
    [{ host: [] }, ['PFSENSE_HOST']],
    [{ keyFile: undefined }, ['PFSENSE_SSH_KEY_FILE']],
    [{ hostKey: ['MD5:aa'] }, ['PFSENSE_HOST_KEY']],
    [{ host: [{ host: 'fw.lan' }, { host: 'FW.lan', port: 22 }] }, ['PFSENSE_HOST']],
    [{ mode: 'rest' }, ['PFSENSE_API_URL', 'PFSENSE_API_KEY']],
    [{ mode: 'opnsense', apiUrl: 'https://fw' }, ['PFSENSE_API_KEY', 'PFSENSE_API_SECRET']],
    [{ mode: 'serve', host: [], keyFile: undefined }, []],
    [{ listenCertFile: '/cert' }, ['PFSENSE_LISTEN_KEY_FILE']],
  ])('of %j name what is wrong', (more, variables) => {
    expect(problems(more)).toEqual(variables);
  });

  it.each([
    ['crowdsec', true],
    ['crowdsec-blacklists', false],
    ['123', false],
    ['a'.repeat(32), false],
    ["a';id;'", false],
  ])('takes the alias %s: %s', (alias, fits) => {
    const kind = pfsenseSettings.alias.kind as { parse(text: string): object };
    expect('value' in kind.parse(alias)).toBe(fits);
  });
});
