/** What moves a cursor, ends a line or turns the direction of writing, in a terminal or in a log viewer. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** True for a text that holds none of it. */
export function isPrintable(text: string): boolean {
  return text.search(unprintable) === -1;
}

/** Untrusted text for one line on a terminal: what is not printable stands as `\\u001b`. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
