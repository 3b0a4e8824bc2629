/** A file of the file provider with its templates put aside, so that the rest can be read. */
export interface MaskedText {
  readonly text: string;
  /** True when parts of it may be there never, once or many times. */
  readonly hasBlocks: boolean;
  /** Puts the templates of a value back; undefined when it has none. */
  readonly unmask: (value: string) => string | undefined;
}

const ACTION = /\{\{-?\s*(?:\/\*[\s\S]*?\*\/|(?:"(?:\\.|[^"\\])*"|`[^`]*`|[^"`])*?)\s*-?\}\}/g;
const BLOCK = /^\{\{-?\s*(?:if|else|end|range|with|define|block|template|break|continue)\b/;
const TOKEN = /TEMPLATE(\d+)X/g;

/**
 * Traefik runs Go's templates over a file before it reads it as YAML or TOML (v3.7.9, as run), so `key: {{ env "KEY" }}` and
 * `{{ range }}` are sound there. What they come to is known to Traefik alone: each gets a word in its place, and blocks
 * count as if they were written out once. Lines stay where they are.
 */
export function maskTemplates(text: string, format: 'yaml' | 'toml'): MaskedText {
  const found: string[] = [];
  const actions = text.match(ACTION) ?? [];
  const alone = new RegExp(`^[ \\t]*(?:${ACTION.source}[ \\t]*)+$`, 'gm');
  const rest = text.replaceAll(alone, (lines) => lines.replaceAll(/[^\n]/g, ''));
  const masked = rest.replaceAll(ACTION, (action, offset: number) => {
    const word = `TEMPLATE${found.push(action) - 1}X`;
    const before = rest.slice(rest.lastIndexOf('\n', offset) + 1, offset);
    return format === 'toml' && /[=[,]\s*$/.test(before) ? `"${word}"` : word;
  });
  return {
    text: masked,
    hasBlocks: actions.some((action) => BLOCK.test(action)),
    unmask: (value) => {
      TOKEN.lastIndex = 0;
      if (!TOKEN.test(value)) return undefined;
      return value.replaceAll(TOKEN, (word, index: string) => found[Number(index)] ?? word);
    },
  };
}

/** False for what the file provider never sees: compose files, Kubernetes objects. */
export function mayHoldTemplates(text: string): boolean {
  if (!text.includes('{{')) return false;
  const isCompose = /^services:/m.test(text) && !/^http:/m.test(text);
  return !isCompose && !(/^apiVersion:/m.test(text) && /^kind:/m.test(text));
}
