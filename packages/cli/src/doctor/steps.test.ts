import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { createProtectedSpace } from '@bouncer/stream';
import type { DecisionFilter, Network, WireDecision } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import {
  dnsStep,
  failed,
  fixFor,
  judgeCertificate,
  apiAddress,
  passed,
  tcpStep,
  tlsStep,
  troubles,
  troubleshootingTable,
  warned,
} from '@bouncer/target';
import { checkVerdict } from './check-verdict.ts';
import { PullSummary } from './pull-summary.ts';
import { printHeading, printStep, printVerdict } from './print-step.ts';

const signal = new AbortController().signal;

describe('printStep', () => {
  it('is one line, and a second one with the fix', () => {
    expect(printStep({ ok: true, level: 'ok', step: 'tcp', seen: 'connected' })).toBe('ok tcp connected\n');
    expect(printStep({ ok: false, level: 'fail', step: 'tcp', seen: 'a\n\u001b[2Jb', fix: 'open\nit' })).toBe(
      'FAIL tcp a [2Jb\n  fix: open it\n',
    );
  });
});

describe('headings and colour', () => {
  const step = failed('tcp', 'refused', 'open it');

  it('sets what belongs together apart', () => {
    expect(printHeading('LAPI', true) + printHeading('a\n\u001b[2Jb', false)).toBe('LAPI\n\na [2Jb\n');
    expect(printVerdict('Not protecting.', [step])).toBe('\nNot protecting.\n');
  });

  it('colours the word alone, so that the line is the same line', () => {
    const coloured = printStep(step, true) + printVerdict('Not protecting.', [step], true);
    expect(coloured).toContain('\u001b[31mFAIL\u001b[0m tcp refused\n');
    // eslint-disable-next-line no-control-regex -- the escape is what is looked for
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(printStep(step) + printVerdict('Not protecting.', [step]));
  });
});

describe('apiAddress', () => {
  it.each([
    ['https://c.lan/lapi', { host: 'c.lan', port: 443, tls: true }],
    ['http://c.lan', { host: 'c.lan', port: 80, tls: false }],
    ['https://[::1]:8443', { host: '::1', port: 8443, tls: true }],
  ])('%s', (url, address) => {
    expect(apiAddress(url)).toEqual(address);
  });
});

describe('dns', () => {
  it('takes an address as it is', async () => {
    expect(await dnsStep('127.0.0.1')).toEqual({ ok: true, level: 'ok', step: 'dns', seen: '127.0.0.1 is an address' });
  });

  it('shows all addresses of a name', async () => {
    const step = await dnsStep('c.lan', undefined, () =>
      Promise.resolve([{ address: '192.0.2.1' }, { address: '2001:db8::1' }]),
    );
    expect(step).toEqual({ ok: true, level: 'ok', step: 'dns', seen: 'c.lan is 192.0.2.1, 2001:db8::1' });
  });

  it('says no such host, with the hosts file as a way out', async () => {
    const step = await dnsStep('c.lan', undefined, () =>
      Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    );
    expect(step).toMatchObject({ ok: false, level: 'fail', step: 'dns', seen: 'no such host: c.lan (ENOTFOUND)' });
    expect(step.fix).toBe(fixFor(troubles.unknownHost, { host: 'c.lan' }));
    expect(step.fix).toContain('--add-host c.lan:');
  });
});

describe('tcp', () => {
  it('tells a refused connection with host and port', async () => {
    const step = await tcpStep({ host: '127.0.0.1', port: 1 }, signal);
    expect(step).toMatchObject({ ok: false, seen: 'connection refused: 127.0.0.1 port 1' });
    expect(step.fix).toMatch(/^open TCP port 1 from this machine to 127\.0\.0\.1/);
  });
});

describe('tls', () => {
  const address = { host: 'c.lan', port: 443, tls: true };
  const root = {
    subject: { CN: 'Defend-O-Tron Root CA' },
    issuer: { CN: 'Defend-O-Tron Root CA' },
    fingerprint256: 'R',
  };
  const leaf = {
    subject: { CN: 'crowdsec.protected.lan' },
    issuer: { CN: 'Defend-O-Tron Root CA' },
    valid_to: 'Jan  1 00:00:00 2030 GMT',
    subjectaltname: 'DNS:crowdsec.protected.lan',
    fingerprint256: 'L',
    issuerCertificate: root,
  } as unknown as PeerCertificate;

  it('shows a trusted certificate', () => {
    const step = judgeCertificate(address, leaf, '', { insecureSkipVerify: false });
    expect(step).toMatchObject({
      ok: true,
      seen: expect.stringContaining('"crowdsec.protected.lan", signed by "Defend-O-Tron Root CA"') as string,
    });
  });

  it.each(['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    '%s names the CA that is missing and where to put it',
    (code) => {
      const step = judgeCertificate(address, leaf, code, { insecureSkipVerify: false });
      expect(step).toMatchObject({
        ok: false,
        seen: expect.stringContaining('failed to verify certificate') as string,
      });
      expect(step.fix).toMatch(
        /^the missing CA is "Defend-O-Tron Root CA": .*CROWDSEC_CA_FILE.*update-ca-certificates/,
      );
    },
  );

  it('says what keeps a mounted store from counting, where that can be the cause', () => {
    const trust = { insecureSkipVerify: false, storeProblem: 'the user id 65532 may not read /etc/ssl/certs' };
    const untrusted = judgeCertificate(address, leaf, 'SELF_SIGNED_CERT_IN_CHAIN', trust);
    expect(untrusted.fix).toMatch(/update-ca-certificates.*; the user id 65532 may not read/);
    expect(judgeCertificate(address, leaf, 'CERT_HAS_EXPIRED', trust).fix).toBe(troubles.expired.fix);
  });

  it('tells a wrong name and a wrong time apart from that', () => {
    const name = judgeCertificate(address, leaf, 'ERR_TLS_CERT_ALTNAME_INVALID', { insecureSkipVerify: false });
    expect(name).toMatchObject({ ok: false, fix: troubles.wrongName.fix });
    expect(name.seen).toContain('it is for DNS:crowdsec.protected.lan');
    expect(judgeCertificate(address, leaf, 'CERT_HAS_EXPIRED', { insecureSkipVerify: false }).fix).toBe(
      troubles.expired.fix,
    );
  });

  it('passes what was to be passed, and says so', () => {
    const step = judgeCertificate(address, leaf, 'CERT_HAS_EXPIRED', { insecureSkipVerify: true });
    expect(step).toMatchObject({
      level: 'warn',
      seen: expect.stringContaining('CROWDSEC_INSECURE_SKIP_VERIFY') as string,
    });
  });

  it('tells a port that does not speak TLS', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const step = await tlsStep({ host: '127.0.0.1', port, tls: true }, { ca: [], insecureSkipVerify: false }, signal);
    server.close();
    expect(step).toMatchObject({ ok: false, level: 'fail', step: 'tls' });
    expect(step.fix).toContain('http:// in CROWDSEC_API_URL');
  });
});

describe('PullSummary', () => {
  it('counts origins, types, ranges and what is passed over', () => {
    const space = createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false });
    const summary = new PullSummary({ types: new Set(['ban']), origins: ['CAPI', 'cscli'] }, space);
    const add = (value: string, origin = 'CAPI', type = 'ban', scope = 'Ip') => {
      summary.add({ id: 1, origin, scenario: 's', scope, type, value, duration: '1h' } satisfies WireDecision);
    };
    expect(String(summary)).toBe('no decisions at present');
    add('203.0.113.7');
    add('203.0.113.8');
    add('198.51.100.0/24', 'cscli');
    add('10.0.0.1', 'cscli');
    add('FR', 'cscli');
    add('FR', 'cscli', 'ban', 'Country');
    add('203.0.113.11', 'cscli', 'ban', 'username');
    add('203.0.113.9', 'cscli', 'captcha');
    add('203.0.113.10', 'crowdsec');
    expect(String(summary)).toBe(
      '9 decisions: origin cscli 6, CAPI 2, crowdsec 1; type ban 8, captcha 1; 1 ranges; ' +
        '6 skipped: never blocked (private) 1, not an address 1, scope Country not enforced 1, scope username not enforced 1, type not enforced 1, origin not enforced 1',
    );
  });
});

describe('the pull step', () => {
  const space = createProtectedSpace({ allowlist: ['9.9.9.9' as Network], addresses: [], blockPrivateNetworks: false });
  const decision = (change: Partial<WireDecision> = {}): WireDecision => ({
    id: 1,
    origin: 'CAPI',
    scenario: 'crowdsecurity/ssh-bf',
    scope: 'Ip',
    type: 'ban',
    value: '203.0.113.7',
    duration: '1h',
    ...change,
  });
  const ban = { types: new Set(['ban']) };
  const step = (filter: DecisionFilter, decisions: readonly WireDecision[]) => {
    const summary = new PullSummary(filter, space);
    for (const each of decisions) summary.add(each);
    return summary.step();
  };

  it('is ok when some decision passes, and warns when there is none to see it by', () => {
    expect(step(ban, [decision(), decision({ type: 'captcha' })]).level).toBe('ok');
    const empty = step(ban, []);
    expect([empty.level, empty.fix]).toEqual(['warn', expect.stringContaining('cscli')]);
  });

  it.each<[string, DecisionFilter, Partial<WireDecision>, RegExp]>([
    ['an origin that nobody has', { ...ban, origins: ['CAPPI'] }, {}, /: CROWDSEC_ORIGINS \(now CAPPI\)$/],
    [
      'a scenario that nobody has',
      { ...ban, scenariosContaining: ['ftp'] },
      {},
      /: CROWDSEC_SCENARIOS_CONTAINING \(now ftp\)$/,
    ],
    [
      'a scenario that is left out',
      { ...ban, scenariosNotContaining: ['SSH'] },
      {},
      /: CROWDSEC_SCENARIOS_NOT_CONTAINING \(now SSH\)$/,
    ],
    ['a type that nobody has', { types: new Set(['bann']) }, {}, /: CROWDSEC_DECISION_TYPES \(now bann\)$/],
    [
      'two settings at once',
      { types: new Set(['x']), origins: ['y'] },
      {},
      /TYPES \(now x\), CROWDSEC_ORIGINS \(now y\)$/,
    ],
    ['only countries', ban, { scope: 'Country', value: 'FR' }, /^only decisions of scope Ip or Range/],
    ['only nonsense', ban, { value: 'FR' }, /^only decisions of scope Ip or Range/],
    ['only private addresses', ban, { value: '10.0.0.1' }, /BLOCK_PRIVATE_NETWORKS/],
    ['only the allowlist', ban, { value: '9.9.9.9' }, /ALLOWLIST/],
  ])('FAILs when nothing passes, and names what excludes it: %s', (_name, filter, change, fix) => {
    const { level, seen, fix: told } = step(filter, [decision(change), decision(change)]);
    expect(level).toBe('fail');
    expect(seen).toMatch(/^none of 2 decisions passes the filters: origins seen: CAPI 2; types seen: ban 2/);
    expect(told).toMatch(fix);
  });
});

describe('the last line', () => {
  it('is what all steps come to, in a sentence', () => {
    const [good, doubt, bad] = [passed('dns', 'x'), warned('instance', 'x', 'y'), failed('pull', 'x', 'y')];
    expect(checkVerdict([good, good])).toBe('Protecting: all 2 steps were seen to be right.');
    expect(checkVerdict([good, doubt])).toBe(
      'Nothing fails, but not all of it was seen to be right: 1 warning (instance) in 2 steps.',
    );
    expect(checkVerdict([bad, doubt, good])).toBe(
      'Not protecting: 1 of 3 steps FAIL (pull), and 1 warning (instance).',
    );
  });
});

describe('the troubleshooting table', () => {
  it('has a row for each trouble of the page, with a fix', () => {
    const table = troubleshootingTable();
    for (const word of [
      'failed to verify certificate',
      '401 Unauthorized',
      'no such host',
      'connection refused',
      'last_pull',
    ]) {
      expect(table).toContain(word);
    }
    expect(table.trimEnd().split('\n')).toHaveLength(Object.keys(troubles).length + 2);
    expect(table).not.toMatch(/\{\w+\}/);
  });
});
