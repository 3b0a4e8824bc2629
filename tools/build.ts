// usage: node tools/build.ts APP [FOLDER]     builds apps/APP/dist/main.cjs, one self-contained file; or into FOLDER
import { ensurePage } from '@bouncer/status-page/page-build';
import { build } from 'esbuild';
import { appendFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { foreignTextPlugin } from './foreign-text-plugin.ts';
import { licencesOf, packagesTwice } from './licences.ts';
import { nodeCheck } from './node-check.ts';

const [, , app, into] = process.argv;
if (!app) {
  console.error('usage: node tools/build.ts APP [FOLDER]');
  process.exit(2);
}

/** The oldest Node that runs the bundles; also in package.json's engines. */
const oldestNode = 22;

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'apps', app);
const dist = into ?? path.join(folder, 'dist');
await rm(dist, { recursive: true, force: true });
const { gzip, script, style, inputs } = await ensurePage();
const { metafile } = await build({
  metafile: true,
  entryPoints: [path.join(folder, 'src/main.ts')],
  outfile: path.join(dist, 'main.cjs'),
  bundle: true,
  platform: 'node',
  // Node 22 is needed to run it, but what is older has to be able to read it up to the sentence that says so.
  target: 'node16.11',
  // A program by itself, so that the image has its commands as words.
  banner: { js: `#!/usr/bin/env node\n${nodeCheck(oldestNode)}` },
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  // The page in base64; as binary it would have to be a file beside the bundle.
  define: { BUILT_PAGE: JSON.stringify(JSON.stringify({ gzip, script, style })) },
  // Optional natives of ssh2: it has pure JavaScript behind them.
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
  alias: {
    // axios reads it to guess the type of uploaded files, which we never send: 137 kB and 3 MB of memory.
    'mime-db': path.join(root, 'tools/empty.cjs'),
    // node-routeros requires it in its own tests only.
    'source-map-support': path.join(root, 'tools/empty.cjs'),
    // routeros-client and node-routeros load them for parts that we do not use (queries by object, their own codec);
    // apps/mikrotik has a test that they stay idle. 5 MB of memory.
    http2: path.join(root, 'tools/http2-stub.cjs'),
    lodash: path.join(root, 'tools/empty.cjs'),
    // prom-client asks it for traces to name beside its own CPU figures, which we do not switch on: 24 kB.
    '@opentelemetry/api': path.join(root, 'tools/empty.cjs'),
    'iconv-lite': path.join(root, 'tools/empty.cjs'),
  },
  plugins: [foreignTextPlugin],
  logLevel: 'warning',
});
const twice = packagesTwice(Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs)));
if (twice.length > 0)
  throw new Error(`in the bundle more than once: ${twice.join(', ')}; see "overrides" in package.json`);
const ofPage = inputs.map((input) => path.join(root, 'packages/status-page', input));
const licences = await licencesOf(root, [...Object.keys(metafile.inputs), ...ofPage]);
await appendFile(path.join(dist, 'main.cjs.LEGAL.txt'), licences);
