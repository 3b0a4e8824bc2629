/** What CHANGELOG.md says of a version, which `npx nx release` wrote; undefined when it has nothing on it. */
export function notesOf(changelog: string, version: string): string | undefined {
  const lines = changelog.split('\n');
  const isHeading = (line: string): boolean => /^#{1,2} /.test(line);
  const start = lines.findIndex((line) => isHeading(line) && line.replace(/^#+ v?/, '').split(/[ (]/)[0] === version);
  if (start === -1) return undefined;
  const length = lines.slice(start + 1).findIndex(isHeading);
  return lines
    .slice(start + 1, length === -1 ? undefined : start + 1 + length)
    .join('\n')
    .trim();
}
