import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCertificateAuthority } from '@bouncer/sandbox';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import type { TraefikValues } from '../src/config.ts';
import type { OptionMap } from '../src/options/finding.ts';
import { limitsOf, pluginOption, pluginOptions } from '../src/options/option-table.ts';
import { isAtLeast } from '../src/options/version.ts';
import type { Version } from '../src/options/version.ts';
import { sampleValues } from '../src/testing.ts';

/** Options as a person would give them, and the LAPI beside them. */
export interface OptionSet {
  readonly options: OptionMap;
  readonly lapiUrl: string;
}

type Pems = Readonly<Record<'ca' | 'cert' | 'key' | 'other', string>>;

const garbage = '-----BEGIN CERTIFICATE-----\nfirst\n-----END CERTIFICATE-----';
const blanked = (words: readonly string[]): string[] => words.flatMap((word) => [word, ` ${word}`, `${word} `]);
const hosts = blanked('crowdsec:8080|a.lan|[::1]:80|::1|[::1|[::1]x|x:abc|x:|x:99999|a b|%zz|a_b|ü.lan|'.split('|'));
const numbers = blanked('0|1|-1|-2|99|600|+5|010|1_000|1e3|9999999999999|'.split('|'));
const lists = [
  '10.0.0.0/8',
  ' 10.0.0.1 , ::1',
  ['10.0.0.0/8', ' fd00::/8'],
  ['x'],
  '1.2.3',
  '10.0.0.1/33',
  '::ffff:1.2.3.4',
  '0.0.0.0/0',
  '1.2.3.4/255.0.0.0',
  '',
];

/** Sets of options for the differential: sound ones and others, the same at every run. */
export class OptionSets {
  readonly #folder: string;
  readonly #pems: Pems;

  private constructor(folder: string, pems: Pems) {
    this.#folder = folder;
    this.#pems = pems;
  }

  /** Puts the files that options name into the folder. */
  static async create(folder: string): Promise<OptionSets> {
    const authority = await createCertificateAuthority();
    const { cert, key } = await authority.client({ commonName: 'edge', unit: 'bouncers' });
    const { key: other } = await authority.client({ commonName: 'other', unit: 'bouncers' });
    const pems = { ca: authority.cert, cert, key, other };
    writeFileSync(path.join(folder, 'page.html'), '<html></html>');
    writeFileSync(path.join(folder, 'word.txt'), 'word');
    for (const [name, text] of Object.entries(pems)) writeFileSync(path.join(folder, `${name}.pem`), text);
    return new OptionSets(folder, pems);
  }

  values({ options, lapiUrl }: OptionSet, more: Partial<TraefikValues>): TraefikValues {
    return sampleValues({
      outputDir: path.join(this.#folder, 'output'),
      lapiCaFile: path.join(this.#folder, 'ca.pem'),
      trustedProxies: ['192.0.2.0/24'] as unknown as Network[],
      lapiUrl,
      plugin: options,
      ...more,
    });
  }

  /** Each value of each option once by itself, pairs that belong together, then mixtures of what the version knows. */
  of(version: Version): readonly OptionSet[] {
    // Files of Traefik's side, such as its log, are nothing that can be told from here.
    const names = pluginOptions.map(({ name }) => name).filter((name) => name !== 'logFilePath');
    const alone = names.flatMap((name) =>
      this.#candidates(name, version).map((value) => ({ options: { [name]: value }, lapiUrl: 'https://a.lan' })),
    );
    const own = names.filter((name) => isAtLeast(version, pluginOption(name)?.since ?? version));
    const one = fc
      .constantFrom(...own)
      .chain((name) => fc.constantFrom(...this.#candidates(name, version)).map((value) => [name, value] as const));
    const mixture = fc.record({
      options: fc.array(one, { minLength: 1, maxLength: 4 }).map((pairs): OptionMap => Object.fromEntries(pairs)),
      lapiUrl: fc.constantFrom('http://127.0.0.1:8080', 'https://crowdsec.protected.lan/lapi', 'http://[::1]:8080/a'),
    });
    return [...alone, ...this.#pairs(), ...this.#captchas(version), ...fc.sample(mixture, { numRuns: 3500, seed: 14 })];
  }

  #pairs(): readonly OptionSet[] {
    const { cert, ca, key, other } = this.#pems;
    return [cert, ca, 'text'].flatMap((certificate) =>
      [key, other, 'text'].map((secret) => ({
        options: { crowdsecLapiTlsCertificateBouncer: certificate, crowdsecLapiTlsCertificateBouncerKey: secret },
        lapiUrl: 'https://a.lan',
      })),
    );
  }

  #captchas(version: Version): readonly OptionSet[] {
    const page = isAtLeast(version, [1, 7, 0]) ? 'captchaFilePath' : 'captchaHtmlFilePath';
    return ['turnstile', 'hcaptcha', 'custom'].flatMap((captchaProvider) =>
      [{}, { [page]: path.join(this.#folder, 'page.html') }].map((more) => ({
        options: { captchaProvider, captchaSiteKey: 'site', captchaSecretKey: 'secret', ...more },
        lapiUrl: 'http://a.lan',
      })),
    );
  }

  /** Values worth trying for an option. */
  #candidates(name: string, version: Version): readonly (string | readonly string[])[] {
    const option = pluginOption(name);
    const words = option && limitsOf(option, version).words;
    const { ca, cert, key, other } = this.#pems;
    if (words) return blanked([...words, words.find(Boolean)?.toLowerCase() ?? '', 'WARN', 'custom', 'other']);
    if (/Host$/.test(name)) return hosts;
    if (/Path$/.test(name) && !/File/.test(name)) return blanked(['/', '/lapi/', 'lapi', '/a b/', '/%zz/', '']);
    if (/^(?:ban|captcha)\w*FilePath$/.test(name)) return blanked([path.join(this.#folder, 'page.html'), '']);
    if (/TlsCertificateAuthority$/.test(name)) return [ca, garbage, 'text', `x\n${ca}`, '', key];
    if (/TlsCertificateBouncer$/.test(name)) return [cert, ca, garbage, 'text', ''];
    if (/TlsCertificateBouncerKey$/.test(name)) return [key, other, cert, 'text', ''];
    if (/File$/.test(name)) return blanked([path.join(this.#folder, fileFor(name)), '']);
    if (option?.kind === 'boolean') return blanked(['true', 'false', 'T', 'yes', '']);
    if (option?.kind === 'integer') return numbers;
    if (option?.kind === 'list') return lists;
    return blanked(['abc', 'a,b', '"quoted"', 'ü', 'a\nb', '']);
  }
}

/** Files on Traefik's side are not seen, so they hold what they should. */
function fileFor(name: string): string {
  if (!name.includes('Tls')) return 'word.txt';
  return name.endsWith('KeyFile') ? 'key.pem' : name.endsWith('BouncerFile') ? 'cert.pem' : 'ca.pem';
}
