const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Puts values where `{{name}}` stands in a page, between tags or in a quoted attribute: whatever is in them, they stay text.
 * @throws Error when the page wants a value that is not there, or has no place for one.
 */
export function fillHtml(page: string, values: Readonly<Record<string, string>>): string {
  const left = new Set(Object.keys(values));
  const filled = page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the page wants ${name}`);
    left.delete(name);
    return value.replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign);
  });
  if (left.size > 0) throw new Error(`the page has no place for ${[...left].join(', ')}`);
  return filled;
}
