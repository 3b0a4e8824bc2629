import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

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
  {
    // What is for tests must not get into a bundle, and a kind sees the engine by the eyes of its target alone.
    files: ['apps/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: ['@bouncer/sandbox', '@bouncer/testkit', '@bouncer/engine', '@bouncer/status-page'] },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    files: ['tools/**', '**/cli.ts', '**/build.ts', '**/*.config.*'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': 'off' },
  },
);
