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
            { sourceTag: 'type:page', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'type:connector', onlyDependOnLibsWithTags: ['type:stream', 'type:page'] },
            { sourceTag: 'type:sandbox', onlyDependOnLibsWithTags: ['type:stream', 'type:connector'] },
            {
              sourceTag: 'type:app',
              // The page only for its tests, which build it; the connector brings it.
              onlyDependOnLibsWithTags: ['type:stream', 'type:connector', 'type:sandbox', 'type:page'],
            },
          ],
        },
      ],
    },
  },
  {
    // The stand-ins are for tests only: no shipped file may pull one into a bundle.
    files: ['apps/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: ['@bouncer/sandbox'] }] },
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
