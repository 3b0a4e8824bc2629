import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificateAuthority } from '@bouncer/sandbox';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TraefikValues } from '../src/config.ts';
import { dynamicTree } from '../src/plugin/documents.ts';
import type { OptionMap } from '../src/plugin/finding.ts';
import { pluginOptions } from '../src/plugin/option-table.ts';
import { pluginSideFiles } from '../src/plugin/plugin-files.ts';
import { sampleValues } from '../src/testing.ts';
import { at } from '../src/emit/tree.ts';
import { validateTraefik } from '../src/validate.ts';
import { askPlugin, buildPlugin, missingPlugin } from './real-plugin.ts';

const missing = await missingPlugin();

describe.skipIf(missing !== undefined)(`the plugin itself (${missing ?? 'ready'})`, () => {
  let folder: string;
  let program: string;
  let pems: Record<'ca' | 'cert' | 'key' | 'other', string>;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
    mkdirSync(path.join(folder, 'output'));
    writeFileSync(path.join(folder, 'page.html'), '<html></html>');
    const authority = await createCertificateAuthority();
    const { cert, key } = await authority.client({ commonName: 'edge', unit: 'bouncers' });
    const { key: other } = await authority.client({ commonName: 'other', unit: 'bouncers' });
    pems = { ca: authority.cert, cert, key, other };
    writeFileSync(path.join(folder, 'word.txt'), 'word');
    for (const [name, text] of Object.entries(pems)) writeFileSync(path.join(folder, `${name}.pem`), text);
    program = await buildPlugin(folder);
  }, 300_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const blanked = (words: readonly string[]): string[] => words.flatMap((word) => [word, ` ${word}`, `${word} `]);
  const hosts = blanked([
    'crowdsec:8080',
    'a.lan',
    '[::1]:80',
    '::1',
    '[::1',
    '[::1]x',
    'x:abc',
    'x:',
    'x:99999',
    'a b',
    '%zz',
    'a_b',
    'ü.lan',
    '',
  ]);

  /** Values worth trying for an option, sound ones and others. */
  function candidates(name: string): readonly (string | readonly string[])[] {
    const option = pluginOptions.find((each) => each.name === name);
    const garbage = '-----BEGIN CERTIFICATE-----\nfirst\n-----END CERTIFICATE-----';
    if (option?.words) return blanked([...option.words, option.words[0]?.toLowerCase() ?? '', 'other']);
    if (/Host$/.test(name)) return hosts;
    if (/Path$/.test(name) && !/File/.test(name)) return blanked(['/', '/lapi/', 'lapi', '/a b/', '/%zz/', '']);
    if (/^(?:ban|captcha)\w*FilePath$/.test(name)) return blanked([path.join(folder, 'page.html'), '']);
    if (/TlsCertificateAuthority$/.test(name)) return [pems.ca, garbage, 'text', `x\n${pems.ca}`, '', pems.key];
    if (/TlsCertificateBouncer$/.test(name)) return [pems.cert, pems.ca, garbage, 'text', ''];
    if (/TlsCertificateBouncerKey$/.test(name)) return [pems.key, pems.other, pems.cert, 'text', ''];
    if (/File$/.test(name)) return blanked([path.join(folder, fileFor(name)), '']);
    if (option?.kind === 'boolean') return blanked(['true', 'false', 'T', 'yes', '']);
    if (option?.kind === 'integer')
      return blanked(['0', '1', '-1', '-2', '99', '600', '+5', '010', '1_000', '1e3', '9999999999999', '']);
    if (option?.kind === 'list')
      return [
        '10.0.0.0/8',
        ' 10.0.0.1 , ::1',
        ['10.0.0.0/8', ' fd00::/8'],
        ['x'],
        '1.2.3',
        '10.0.0.1/33',
        '::ffff:1.2.3.4',
        '1.2.3.4/255.0.0.0',
        '',
      ];
    return blanked(['abc', 'a,b', '"quoted"', 'ü', 'a\nb', '']);
  }

  /** Files on Traefik's side are not seen, so they hold what they should. */
  function fileFor(name: string): string {
    if (!name.includes('Tls')) return 'word.txt';
    return name.endsWith('KeyFile') ? 'key.pem' : name.endsWith('BouncerFile') ? 'cert.pem' : 'ca.pem';
  }

  const values = (plugin: OptionMap, more: Partial<TraefikValues>): TraefikValues =>
    sampleValues({
      outputDir: path.join(folder, 'output'),
      lapiCaFile: path.join(folder, 'ca.pem'),
      trustedProxies: ['192.0.2.0/24'] as unknown as Network[],
      plugin,
      ...more,
    });

  it('starts with every set of options that is accepted here', async () => {
    // Files of Traefik's side, such as its log, are nothing that can be told from here.
    const names = pluginOptions.map(({ name }) => name).filter((name) => name !== 'logFilePath');
    const one = fc
      .constantFrom(...names)
      .chain((name) => fc.constantFrom(...candidates(name)).map((value) => [name, value] as const));
    const whole = fc.record({
      options: fc.array(one, { minLength: 1, maxLength: 4 }).map((pairs): OptionMap => Object.fromEntries(pairs)),
      lapiUrl: fc.constantFrom('http://127.0.0.1:8080', 'https://crowdsec.protected.lan/lapi', 'http://[::1]:8080/a'),
    });
    // Each value of each option once by itself, then mixtures.
    const alone = names.flatMap((name) =>
      candidates(name).map((value) => ({ options: { [name]: value }, lapiUrl: 'https://a.lan' })),
    );
    const pair = (certificate: string, key: string): OptionMap => ({
      crowdsecLapiTlsCertificateBouncer: certificate,
      crowdsecLapiTlsCertificateBouncerKey: key,
    });
    const pairs = [pems.cert, pems.ca, 'text'].flatMap((certificate) =>
      [pems.key, pems.other, 'text'].map((key) => ({ options: pair(certificate, key), lapiUrl: 'https://a.lan' })),
    );
    const captcha = ['turnstile', 'hcaptcha', 'custom'].flatMap((captchaProvider) =>
      [{}, { captchaFilePath: path.join(folder, 'page.html') }].map((more) => ({
        options: { captchaProvider, captchaSiteKey: 'site', captchaSecretKey: 'secret', ...more },
        lapiUrl: 'http://a.lan',
      })),
    );
    const sets = [...alone, ...pairs, ...captcha, ...fc.sample(whole, { numRuns: 1500, seed: 14 })];
    const accepted = sets.filter(({ options, lapiUrl }) => validateTraefik(values(options, { lapiUrl })).length === 0);
    const trees = accepted.map(({ options, lapiUrl }, index) => {
      // Files of their own, since a secret among the options goes to one.
      const mine = values(options, { lapiUrl, middleware: `m${index}` });
      for (const { path: name, bytes } of pluginSideFiles(mine))
        writeFileSync(path.join(folder, 'output', name), bytes);
      return at(dynamicTree(mine), 'http', 'middlewares', mine.middleware, 'plugin', 'crowdsec') as object;
    });
    const answers = await askPlugin(program, trees);
    const looser = answers.flatMap((answer, index) =>
      answer === 'ok' ? [] : [`${answer}: ${JSON.stringify(accepted[index])}`],
    );
    expect(answers).toHaveLength(accepted.length);
    expect(looser).toEqual([]);
    expect(accepted.length).toBeGreaterThan(300);
    expect(accepted.length).toBeLessThan(sets.length);
  }, 300_000);
});
