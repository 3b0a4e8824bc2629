import type { TraefikValues } from '../config.ts';
import { refused } from '../options/finding.ts';
import type { Finding, OptionMap } from '../options/finding.ts';
import { isReference } from '../options/value-rules.ts';

/**
 * Braces in values: files go through Go's templates first, so `{{` is run there, and `{{ env "NAME" }}` is filled in.
 * Labels, KV and the HTTP provider hand them on as they are.
 */
export function* templateFindings(options: OptionMap, format: TraefikValues['format']): Generator<Finding> {
  const isFile = format === 'yaml' || format === 'toml';
  for (const [name, value] of Object.entries(options)) {
    for (const text of typeof value === 'string' ? [value] : value) {
      if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
        yield refused('control-character', `${name} holds a control character`, 'paste the value anew');
      }
      if (!text.includes('{{') || (isFile && isReference(text))) continue;
      const seen = isFile
        ? `${name} holds {{, which Traefik's file provider runs as a template`
        : `${name} holds {{, which only the file provider fills in`;
      yield refused('template', seen, 'the only template that is let through is {{ env "NAME" }}, alone, in a file');
    }
  }
}

/** Labels and KV pairs are written one a line: what is beyond a break would be a label of its own. Asked of what is written. */
export function* lineFindings(options: OptionMap, format: TraefikValues['format']): Generator<Finding> {
  if (format !== 'labels' && format !== 'kv') return;
  for (const [name, value] of Object.entries(options)) {
    if (!/[\n\r]/.test([value].flat().join(''))) continue;
    yield refused('line-break', `${name} holds a line break`, `give it by a file (${name}File), or use another format`);
  }
}
