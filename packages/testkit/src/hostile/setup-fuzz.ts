import type { Kind } from '@bouncer/target';
import fc from 'fast-check';
import { saidBy } from './command.ts';
import { fuzz } from './fuzz.ts';
import { hostileText } from './texts.ts';

/** What `setup` printed for settings that were taken. */
export interface SetupText {
  readonly text: string;
  /** The settings as `config` prints them, by variable. */
  readonly values: ReadonlyMap<string, string>;
  /** What `setup` prints for other settings, on top of those that are always there. */
  readonly again: (env: Readonly<Record<string, string>>) => Promise<string>;
}

export interface SetupFuzz {
  readonly connector: Kind;
  /** Settings that are always there. */
  readonly base: Readonly<Record<string, string>>;
  /** What the others may be, by variable. Some of them are there each time. */
  readonly inputs: Readonly<Record<string, fc.Arbitrary<string>>>;
  readonly runs: number;
  /** Must hold for what is printed. */
  readonly holds: (printed: SetupText) => void | Promise<void>;
}

/**
 * Gives a connector hostile settings: it refuses them, or what `setup` prints holds.
 * @returns how many were taken, so that a test can say that it has tried something.
 */
export async function fuzzSetup({ connector, base, inputs, runs, holds }: SetupFuzz): Promise<number> {
  const sound = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: 'some-key', ...base };
  let taken = 0;
  const again = async (env: Readonly<Record<string, string>>): Promise<string> =>
    (await saidBy(connector, ['setup'], { ...sound, ...env })).stdout;
  await fuzz(
    `setup of ${connector.name}, read back`,
    someOf(inputs),
    async (given) => {
      // No environment carries half a character.
      const whole = Object.entries(given).map(([name, value]) => [name, Buffer.from(value).toString()]);
      const env = { ...sound, ...(Object.fromEntries(whole) as Record<string, string>) };
      const config = await saidBy(connector, ['config', '--json'], env);
      if (config.code !== 0) return;
      const { code, stdout, stderr } = await saidBy(connector, ['setup'], env);
      if (code !== 0) throw new Error(`setup failed: ${stderr}`);
      const rows = JSON.parse(config.stdout) as { variable: string; value: string }[];
      const values = new Map(rows.map(({ variable, value }) => [variable, value]));
      await holds({ text: stdout, values, again });
      taken += 1;
    },
    runs,
  );
  return taken;
}

/** Values for up to three of them: with one hostile value each, all at once would hardly ever be taken. */
function someOf(inputs: SetupFuzz['inputs']): fc.Arbitrary<Record<string, string>> {
  const all = Object.entries(inputs);
  return fc
    .subarray(all, { minLength: 1, maxLength: Math.min(3, all.length) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen)));
}

/** From the line that begins so to the next heading after an empty line. */
export function sectionOf(text: string, heading: string): string {
  const start = `\n${text}`.indexOf(`\n${heading}`);
  if (start === -1) throw new Error(`no section ${heading}`);
  const section = text.slice(start);
  const end = section.indexOf('\n\n# ');
  return end === -1 ? section : section.slice(0, end);
}

const printableAscii = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });

/** An absolute path of anything that is printable, and of what is not. */
export function hostilePath(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    printableAscii,
    hostileText(),
    fc.constantFrom(
      'etc',
      'a:b',
      'x:',
      'a,b',
      '$x',
      '${x}',
      '%h',
      "it's",
      '(x)',
      'a;b',
      'a&b',
      '~',
      '#',
      'données',
      '@',
      '=',
    ),
  );
  return fc.oneof(
    fc
      .array(fc.constantFrom('etc', 'nginx', 'a_b', 'x.d', 'y-1', 'c:', 'd@', '=e', '%f', '+g', 'h,'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => `/${parts.join('/')}`),
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`),
  );
}

/** A URL whose path and host are as odd as a reader of URLs lets them be. */
export function hostileUrl(): fc.Arbitrary<string> {
  const host = fc.constantFrom(
    'crowdsec',
    '127.0.0.1:8080',
    '[2001:db8::1]:8080',
    'a_b.lan',
    'xn--bcher-kva.example',
    'a$b',
    "o'x",
    'a!b',
    'a;b',
    'a(b)',
    '*',
    'bücher.example',
  );
  return fc
    .tuple(fc.constantFrom('http', 'https'), host, hostilePath())
    .map(([scheme, name, path]) => `${scheme}://${name}${path}`);
}
