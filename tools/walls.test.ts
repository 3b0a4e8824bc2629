import { ESLint } from 'eslint';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const eslint = new ESLint({ cwd: root });
const WALLS = ['@nx/enforce-module-boundaries', 'no-restricted-imports'];

/** What the linter says of this line in that file, of its imports alone. The file has to be one that exists. */
async function saidOf(file: string, line: string): Promise<readonly string[]> {
  const [result] = await eslint.lintText(`${line}\n`, { filePath: path.join(root, file) });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  return messages.flatMap(({ ruleId }) => (ruleId !== null && WALLS.includes(ruleId) ? [ruleId] : []));
}

const [NX, OURS] = WALLS as [string, string];
const kind = 'apps/nginx/src/kind.ts';

describe('the linter sees the walls between', () => {
  it.each([
    ['two kinds', kind, '../../pfsense/src/kind.ts', 'kind', NX],
    ['a kind and the engine', kind, '@bouncer/engine', 'createController', OURS],
    ['a kind and the command line', kind, '@bouncer/cli', 'runCommandLine', OURS],
    ['a kind and the stand-ins', kind, '@bouncer/sandbox', 'startLapi', OURS],
    ['a kind and the suites', 'apps/nginx/src/main.ts', '@bouncer/testkit', 'targetContract', OURS],
    ['a kind and the making of the stream', kind, '@bouncer/stream', 'DecisionStream', OURS],
    ['a kind and the list of kinds', kind, '../../../tools/kinds.ts', 'kinds', OURS],
    ['target and the making of the stream', 'packages/target/src/logger.ts', '@bouncer/stream', 'LapiClient', OURS],
    ['target and the engine', 'packages/target/src/logger.ts', '@bouncer/engine', 'createController', NX],
    ['engine and the command line', 'packages/engine/src/plan.ts', '@bouncer/cli', 'runCommandLine', NX],
    ['stream and targets', 'packages/stream/src/lapi/errors.ts', '@bouncer/target', 'Target', NX],
    ['stand-ins and the suites', 'packages/sandbox/src/index.ts', '@bouncer/testkit', 'targetContract', NX],
    ['the page and the command line', 'packages/status-page/src/index.ts', '@bouncer/cli', 'runCommandLine', NX],
  ])('%s', async (_, file, from, name, rule) => {
    expect(await saidOf(file, `import { ${name} } from '${from}';\nexport const used = ${name};`)).toContain(rule);
  });

  it('what may be, and lets it through', async () => {
    const line = "import { parseNetwork } from '@bouncer/stream';\nimport { defineKind } from '@bouncer/target';";
    expect(await saidOf(kind, line)).toEqual([]);
    const main = "import { runBouncer } from '@bouncer/cli/run-bouncer';\nimport { kind } from './kind.ts';";
    expect(await saidOf('apps/nginx/src/main.ts', main)).toEqual([]);
    const test = "import { startLapi } from '@bouncer/sandbox';\nimport { targetContract } from '@bouncer/testkit';";
    expect(await saidOf('apps/nginx/test/contract.test.ts', test)).toEqual([]);
  });
});
