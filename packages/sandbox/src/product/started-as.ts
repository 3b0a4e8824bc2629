import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../../..');

/** The program that drives a kind in this test run. */
export interface StartedAs {
  /** Its folder under apps/. */
  readonly program: string;
  /** What it calls itself: `type` of /healthz and of the User-Agent. */
  readonly type: string;
  /** What it needs beside the settings of the kind. */
  readonly env: Readonly<Record<string, string>>;
  /** For the names of tests: ` in crowdsec-bouncer`, or nothing. */
  readonly place: string;
}

/**
 * How a kind is started: by its own image, or, with INSIDE=bouncer in the environment of the test run, as the one target of
 * crowdsec-bouncer, with the same variables. Suites that start a product take program and type from here.
 */
export function startedAs(app: string, inside: string | undefined = process.env['INSIDE']): StartedAs {
  if (inside === undefined || inside === '' || app === inside)
    return { program: app, type: typeOf(app), env: {}, place: '' };
  const type = typeOf(inside);
  return { program: inside, type, env: { TARGETS: app }, place: ` in ${type}` };
}

/** The main file of a program: its source, its bundle (which must have been built), or a path as it stands. */
export function mainFile(program: string, file: string): string {
  if (file === 'source') return path.join(root, 'apps', program, 'src/main.ts');
  if (file === 'bundle') return path.join(root, 'apps', program, 'dist/main.cjs');
  return file;
}

function typeOf(program: string): string {
  return program === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-${program}-bouncer`;
}
