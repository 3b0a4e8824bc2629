/** One word of a POSIX shell, whatever is in it: between double quotes `$(...)` would be carried out. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
