import { describe, expect, it } from 'vitest';
import { loadSample, problemsOf } from './testing.ts';

describe('values', () => {
  it.each([
    ['CROWDSEC_API_URL', 'https://c.lan/lapi/', 'lapiUrl', 'https://c.lan/lapi'],
    ['CROWDSEC_API_URL', 'http://127.0.0.1:8080', 'lapiUrl', 'http://127.0.0.1:8080'],
    ['CROWDSEC_UPDATE_FREQUENCY', '1m30s', 'updateFrequency', 90],
    ['CROWDSEC_UPDATE_FREQUENCY', '15', 'updateFrequency', 15],
    ['CROWDSEC_ORIGINS', 'capi, Lists cscli', 'origins', ['CAPI', 'lists', 'cscli']],
    ['ALLOWLIST', '192.0.2.77/24 2001:DB8::1', 'allowlist', ['192.0.2.0/24', '2001:db8::1']],
    ['BLOCK_PRIVATE_NETWORKS', 'Yes', 'blockPrivateNetworks', true],
    ['DRY_RUN', '1', 'dryRun', true],
    ['DRY_RUN', 'off', 'dryRun', false],
    ['MAX_REMOVAL_PERCENT', '75%', 'maxRemovalPercent', 75],
    ['MAX_REMOVAL_HOLD', '90s', 'removalHold', 90],
    ['LOG_LEVEL', '0', 'logLevel', 'debug'],
    ['LOG_LEVEL', '2', 'logLevel', 'warn'],
    ['LOG_LEVEL', 'WARNING', 'logLevel', 'warn'],
    ['HTTP_LISTEN', 'OFF', 'httpListen', 'off'],
    ['HTTP_LISTEN', ':9460', 'httpListen', '0.0.0.0:9460'],
    ['HTTP_LISTEN', '[::1]:9460', 'httpListen', '[::1]:9460'],
    [
      'SAMPLE_HOST',
      'r1.lan:8729, [fd00::1]:8728 fd00::2',
      'hosts',
      [{ host: 'r1.lan', port: 8729 }, { host: 'fd00::1', port: 8728 }, { host: 'fd00::2' }],
    ],
    ['SAMPLE_FINGERPRINT', `${'AB:'.repeat(31)}CD`, 'fingerprint', `${'ab'.repeat(31)}cd`],
    ['SAMPLE_HOOKS', 'forward', 'hooks', ['forward']],
  ])('%s=%s is understood', async (variable, text, name, value) => {
    const { values } = await loadSample({ [variable]: text });
    expect(values[name as keyof typeof values]).toEqual(value);
  });
});

describe('a wrong value', () => {
  it.each([
    ['CROWDSEC_API_URL', 'crowdsec.lan', 'an http or https address'],
    ['CROWDSEC_API_URL', 'ftp://crowdsec.lan', 'http:// or https://'],
    ['CROWDSEC_API_URL', 'https://user:hunter22@crowdsec.lan', 'user name or password'],
    ['CROWDSEC_API_URL', 'https://crowdsec.lan/?a=b', '? or #'],
    ['CROWDSEC_API_URL', '${LAPI}', 'was not filled in'],
    ['CROWDSEC_BOUNCER_API_KEY', '${API_KEY}', 'was not filled in'],
    ['CROWDSEC_BOUNCER_API_KEY', 'a\nb', 'line break'],
    ['CROWDSEC_CA_FILE', '/nowhere/ca.pem', '/nowhere/ca.pem: no such file'],
    ['CROWDSEC_CA_FILE', '/', 'it is a folder'],
    ['CROWDSEC_INSECURE_SKIP_VERIFY', 'maybe', 'true, false, 1, 0, yes, no, on, off'],
    ['CROWDSEC_UPDATE_FREQUENCY', '10 sec', 'a duration such as 10s'],
    ['CROWDSEC_UPDATE_FREQUENCY', '0', 'out of range'],
    ['CROWDSEC_UPDATE_FREQUENCY', '-5s', 'out of range'],
    ['CROWDSEC_RESYNC_INTERVAL', '999999h', 'out of range'],
    ['ALLOWLIST', '10.0.0.1,office.example', '"office.example" is neither an address nor a network'],
    ['ALLOWLIST', '10.0.0.1,a.lan,b.lan', '"a.lan" is neither an address nor a network, "b.lan" is neither'],
    ['CROWDSEC_BOUNCER_API_KEY', '"abcdef0123"', 'take them off'],
    ['CROWDSEC_BOUNCER_API_KEY', "'abcdef0123'", 'take them off'],
    ['LOG_LEVEL', 'loud', '(also 0, 1, 2, 3, 4, 5, trace, warning, fatal, panic)'],
    ['ALLOWLIST', '10.0.0.300', 'neither an address nor a network'],
    ['BLOCK_PRIVATE_NETWORKS', '2', 'neither true nor false'],
    ['MAX_ENTRIES', '0', '1 or more'],
    ['MAX_ENTRIES', 'many', 'not a whole number'],
    ['MAX_REMOVAL_PERCENT', '101', '0 to 100'],
    ['MAX_REMOVAL_HOLD', '0', 'out of range'],
    ['LOG_LEVEL', 'loud', 'debug, info, warn, error'],
    ['LOG_FORMAT', 'xml', 'json, pretty'],
    ['HTTP_LISTEN', '9460', 'an address and port'],
    ['HTTP_LISTEN', '127.0.0.1:70000', 'an address and port'],
    ['SAMPLE_HOST', 'https://192.168.88.1', 'is a URL: give the host alone'],
    ['SAMPLE_HOST', '192.168.88', 'is not a host'],
    ['SAMPLE_HOST', 'r1:0', 'is not a host'],
    ['SAMPLE_PORT', '65536', '1 to 65535'],
    ['SAMPLE_MODE', 'slow', 'fast, safe'],
    ['SAMPLE_HOOKS', 'output', 'input, forward'],
    ['SAMPLE_FINGERPRINT', 'ab:cd', '64 hexadecimal digits'],
    ['SAMPLE_USER', 'a\tb', 'control character'],
  ])('%s=%s is refused by name', async (variable, text, words) => {
    const problems = await problemsOf({ [variable]: text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${variable}: `));
    expect(problems[0]).toContain(words);
    expect(problems[0]).not.toContain('hunter22');
  });

  it.each(['CROWDSEC_API_URL', 'CROWDSEC_BOUNCER_API_KEY', 'SAMPLE_HOST', 'SAMPLE_USER', 'SAMPLE_PASSWORD'])(
    '%s missing is told by name, with what is accepted',
    async (variable) => {
      const problems = await problemsOf({ [variable]: undefined });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${variable}: is missing; accepted: .+`));
    },
  );

  it('comes with all the others, a line each', async () => {
    const problems = await problemsOf({
      CROWDSEC_API_URL: undefined,
      CROWDSEC_BOUNCER_API_KEY: undefined,
      SAMPLE_HOST: 'a b://',
      LOG_LEVEL: 'x',
    });
    expect(problems.map((line) => line.split(':')[0]).sort()).toEqual([
      'CROWDSEC_API_URL',
      'CROWDSEC_BOUNCER_API_KEY',
      'LOG_LEVEL',
      'SAMPLE_HOST',
    ]);
  });

  it('never lets a secret into an error, wherever it was put', async () => {
    const secret = 'pass-s3cr3t-9';
    const problems = await problemsOf({
      SAMPLE_MODE: secret,
      SAMPLE_PORT: secret,
      SAMPLE_HOST: `${secret}!`,
      LOG_LEVEL: secret,
    });
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).not.toContain(secret);
  });
});
