import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** A secret that was planted, and what it must not be found in. */
export interface Canary {
  /** The variable that carries it. */
  readonly variable: string;
  readonly value: string;
}

/** A value that looks different in JSON, in a URL and in base64. */
export function canaryFor(variable: string): Canary {
  return { variable, value: `cANaRy"${variable.toLowerCase().replaceAll('_', '-')}'&+/=%41<x>` };
}

/** As it stands, as JSON, as a URL, as HTML and as base64 at any of the three offsets have it. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const encoded = [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // The first and the last digits depend on what stands beside it.
    return whole.slice(offset === 0 ? 0 : 4, -3);
  });
  const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = html.replaceAll('"', '&quot;').replaceAll("'", '&#39;');
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    new URLSearchParams({ '': value }).toString().slice(1),
    html,
    quoted,
    ...encoded,
  ];
}

/** The variables whose secrets stand in a text, in whatever form; also the beginning of one that was cut. */
export function leaksIn(text: string, canaries: readonly Canary[]): string[] {
  const found = canaries
    .filter(({ value }) => formsOf(value).some((form) => text.includes(form)))
    .map(({ variable }) => variable);
  return found.length === 0 && text.includes('cANaRy')
    ? [`a piece of one: ${text.slice(text.indexOf('cANaRy') - 60).slice(0, 160)}`]
    : found;
}

/** Files below a folder that hold a secret, with their modes, but for those that are meant to. */
export function leakingFiles(
  folder: string,
  canaries: readonly Canary[],
): { file: string; mode: string; leaks: string[] }[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
  return files
    .filter((file) => statSync(file).isFile())
    .map((file) => ({
      file: path.basename(file),
      mode: (statSync(file).mode & 0o777).toString(8),
      leaks: leaksIn(readFileSync(file, 'latin1'), canaries),
    }))
    .filter(({ leaks }) => leaks.length > 0);
}
