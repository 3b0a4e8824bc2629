import { Document, isScalar, Scalar, visit } from 'yaml';
import type { Tree } from './tree.ts';

/** Names that no YAML reader takes for anything but text. Others are quoted. */
const plainKey = /^[A-Za-z]{2}[\w.-]*$/;
const reserved = /^(?:true|false|yes|no|on|off|null|y|n|nan|inf)$/i;

/**
 * YAML that old and new readers read alike: every text in double quotes, never folded. Traefik's own reader makes
 * `40796e93`, `0123`, `1_000` and dates into something else when they stand there without quotes.
 */
export function emitYaml(tree: Tree, comments: readonly string[] = []): string {
  const document = new Document(tree);
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key)) key.type = isPlain(String(key.value)) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: null,
    lineWidth: 0,
    indentSeq: true,
  });
  return `${commentLines(comments)}${text}`;
}

/** `# ...` lines. Braces are taken out: the file provider runs templates in comments, too. */
export function commentLines(comments: readonly string[]): string {
  return comments.map((line) => `# ${line.replaceAll('{{', '').replaceAll(/[\r\n]/g, ' ')}\n`).join('');
}

function isPlain(key: string): boolean {
  return plainKey.test(key) && !reserved.test(key);
}
