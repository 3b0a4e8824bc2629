import { readFileSync, statSync } from 'node:fs';
import { ConfigError, messageOf } from '@bouncer/stream';

/** Bytes; larger than any page. */
const MAX_BYTES = 256 * 1024;
const PLACE = /\{\{(\w+)\}\}/g;
/** What nobody can solve the captcha without. */
const NEEDED = ['script', 'widget', 'site_key', 'action'];
const KNOWN = [...NEEDED, 'method', 'path'];

/** What is wrong with a page of the user's; undefined when it can be used. Never throws. */
export function pageProblem(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    readPage(file);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * A page of the user's.
 * @throws ConfigError when it has no place for what the form needs, or one for what nobody knows.
 */
export function readPage(file: string): string {
  if (statSync(file).size > MAX_BYTES) throw new ConfigError('is larger than 256 kB; accepted: one page of HTML');
  const page = readFileSync(file, 'utf8').replaceAll('\0', '');
  const wanted = placesOf(page);
  const odd = wanted.find((name) => !KNOWN.includes(name));
  if (odd !== undefined)
    throw new ConfigError(`has {{${odd}}}, which stands for nothing; accepted: ${KNOWN.map(braced).join(' ')}`);
  const missing = NEEDED.filter((name) => !wanted.includes(name));
  if (missing.length > 0) throw new ConfigError(`has no ${missing.map(braced).join(', ')}: nobody could solve it`);
  return page;
}

/** The names of all placeholders in a page. */
export function placesOf(page: string): readonly string[] {
  return [...page.matchAll(PLACE)].map(([, name = '']) => name);
}

function braced(name: string): string {
  return `{{${name}}}`;
}
