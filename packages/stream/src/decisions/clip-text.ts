/** The first `length` characters as a flat copy: a plain slice would keep the whole text in memory behind it. */
export function clipText(text: string, length: number): string {
  return text.length <= length ? text : Buffer.from(text.slice(0, length)).toString();
}
