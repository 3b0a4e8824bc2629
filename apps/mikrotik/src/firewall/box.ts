/**
 * A set of packets: for each named dimension (protocol, connection-state, `dst-port=22`) the values that they may have. A
 * dimension that is not named may have any. Rules of a firewall cut such sets into smaller ones, exactly and without trying packets.
 */
export type Box = ReadonlyMap<string, ReadonlySet<string>>;

/** The values of a dimension. */
export type Values = (dimension: string) => readonly string[];

/** What is in both; undefined when nothing is. */
export function intersect(box: Box, other: Box): Box | undefined {
  const result = new Map(box);
  for (const [dimension, wanted] of other) {
    const had = box.get(dimension);
    const both = had ? new Set([...had].filter((value) => wanted.has(value))) : wanted;
    if (both.size === 0) return undefined;
    result.set(dimension, both);
  }
  return result;
}

/** What is in the first and not in the other, in pieces that share nothing. */
export function subtract(box: Box, other: Box, values: Values): Box[] {
  const pieces: Box[] = [];
  let inside = new Map(box);
  for (const [dimension, taken] of other) {
    const had = [...(inside.get(dimension) ?? values(dimension))];
    const left = had.filter((value) => !taken.has(value));
    if (left.length === had.length) return [box];
    if (left.length > 0) pieces.push(new Map(inside).set(dimension, new Set(left)));
    inside = new Map(inside).set(dimension, new Set(had.filter((value) => taken.has(value))));
  }
  return pieces;
}
