import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

// Without it, and with an old one, the rule on module boundaries is skipped, or misses a new project. Throws when it cannot
// be made. One second.
await createProjectGraphAsync();

/** A kind's own code, in every sense but its tests. */
const ofKinds = { files: ['apps/*/src/**/*.ts'], ignores: ['**/*.test.ts', '**/testing.ts'] };
const fromCli = { group: ['@bouncer/cli', '@bouncer/cli/*'], message: 'Only main.ts, and there run-bouncer.' };
const forTests = {
  group: ['sandbox', 'testkit', 'engine', 'status-page'].flatMap((name) => [`@bouncer/${name}`, `@bouncer/${name}/*`]),
  message: 'For its tests alone: it would get into the bundle. What a kind needs comes from @bouncer/target.',
};
/** apps/bouncer alone has the list of all kinds. */
const fromTools = { group: ['**/tools/**'], message: 'What is in tools is no part of a product.' };
const ofStream = {
  group: ['@bouncer/stream'],
  importNamePattern: '^(DecisionS|createLapi|Lapi[CL]|Stream|guard|isRipe|compileFilter|PullResult|Delta$)',
  message: 'Networks, instants, clocks and errors only: what is blocked, and since when, is told by the engine.',
};

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '.nx', '.cache', '**/coverage'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { '@nx': nx },
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
      ],
      'max-lines': ['error', { max: 300 }],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          depConstraints: [
            { sourceTag: 'type:stream', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'type:page', onlyDependOnLibsWithTags: ['type:stream'] },
            { sourceTag: 'type:target', onlyDependOnLibsWithTags: ['type:stream'] },
            { sourceTag: 'type:engine', onlyDependOnLibsWithTags: ['type:stream', 'type:target'] },
            {
              sourceTag: 'type:cli',
              onlyDependOnLibsWithTags: ['type:stream', 'type:target', 'type:engine', 'type:page'],
            },
            { sourceTag: 'type:sandbox', onlyDependOnLibsWithTags: ['type:stream'] },
            {
              sourceTag: 'type:testkit',
              onlyDependOnLibsWithTags: ['type:stream', 'type:target', 'type:engine', 'type:cli', 'type:sandbox'],
            },
            {
              // Sandbox, testkit, engine and page are for its tests alone; see below.
              sourceTag: 'type:app',
              onlyDependOnLibsWithTags: [
                'type:stream',
                'type:target',
                'type:cli',
                'type:engine',
                'type:sandbox',
                'type:testkit',
                'type:page',
              ],
            },
          ],
        },
      ],
    },
  },
  // The walls within a project's permitted rooms: these depend on the file, and Nx knows projects only.
  { ...ofKinds, rules: { 'no-restricted-imports': ['error', { patterns: [forTests, fromTools, ofStream, fromCli] }] } },
  {
    // The probe of its plugin's LAPI is that of `check`.
    files: ['apps/*/src/main.ts', 'apps/traefik/src/plugin/plugin-lapi.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [forTests, fromTools, ofStream] }] },
  },
  {
    files: ['apps/bouncer/src/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [forTests, ofStream] }],
      // Nx knows no project for tools/: what apps/bouncer takes from there is the list of kinds.
      '@nx/enforce-module-boundaries': 'off',
    },
  },
  {
    files: ['packages/target/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [ofStream] }] },
  },
  {
    files: ['**/*.test.ts', '**/test/**/*.ts', '**/testing.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    files: ['tools/**', '**/cli.ts', '**/build.ts', '**/*.config.*'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': 'off' },
  },
);
