/** Prints one line: the act, who it is about, and what is to say. */
export function say(act: string, who: string, text: string): void {
  console.log(`${act.padEnd(9)} ${who.padEnd(10)} ${text}`);
}
