import { encodeSentence } from './codec.ts';

/** Where `.tag` stands in a reply: captures of real routers show it first, the manual prints it last. */
export type TagPosition = 'first' | 'last';

/** One reply sentence. `words` are `=name=value` words. */
export function encodeReply(
  reply: string,
  words: readonly string[],
  tag: string | undefined,
  position: TagPosition,
): Buffer {
  if (tag === undefined) return encodeSentence([reply, ...words]);
  const tagWord = `.tag=${tag}`;
  return encodeSentence(position === 'first' ? [reply, tagWord, ...words] : [reply, ...words, tagWord]);
}
