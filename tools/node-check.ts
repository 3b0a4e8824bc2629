/**
 * The first lines of a bundle: on a Node that is too old one line that says so, and exit 2 as for any other bad setting. In
 * the JavaScript of 2009, so that every Node can run it; the directive has to be the first thing of the file.
 */
export function nodeCheck(oldest: number): string {
  const sentence = `Node.js ${oldest} or newer is needed; this is `;
  return (
    `"use strict";if(parseInt(process.versions.node,10)<${oldest}){` +
    `process.stderr.write(${JSON.stringify(sentence)}+process.version+"\\n");process.exit(2)}`
  );
}
