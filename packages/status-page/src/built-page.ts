import { readFileSync } from 'node:fs';

/** The page as `build.ts` made it. */
export interface BuiltPage {
  /** Document, compressed by gzip, in base64. */
  readonly gzip: string;
  /** Content-Security-Policy sources of its one script and its one style, such as `'sha256-...'`. */
  readonly script: string;
  readonly style: string;
}

/** Set by tools/build.ts: the JSON of a BuiltPage. */
declare const BUILT_PAGE: string | undefined;

/**
 * The built page; in a checkout where nobody has built it there is none, and the connector serves its plain page.
 * Read anew at each call: whoever keeps it decides on the memory.
 */
export function loadPage(): BuiltPage | undefined {
  if (typeof BUILT_PAGE === 'string') return JSON.parse(BUILT_PAGE) as BuiltPage;
  try {
    return JSON.parse(readFileSync(new URL('../dist/page.json', import.meta.url), 'utf8')) as BuiltPage;
  } catch {
    return undefined;
  }
}
