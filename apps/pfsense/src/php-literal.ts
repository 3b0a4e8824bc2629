/** What `phpLiteral` prints. */
export type PhpValue = string | boolean | readonly PhpValue[] | { readonly [key: string]: PhpValue };

/** A literal of PHP, as its own var_export prints it: whatever is in a text, it stays inside the quotes. */
export function phpLiteral(value: PhpValue): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (isList(value)) return `array(${value.map((each) => `\n\t${phpLiteral(each)},`).join('')}\n)`;
  const pairs = Object.entries(value).map(([key, each]) => `${phpLiteral(key)} => ${phpLiteral(each)}`);
  return `array(${pairs.join(', ')})`;
}

function isList(value: PhpValue): value is readonly PhpValue[] {
  return Array.isArray(value);
}
