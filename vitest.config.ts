import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * What `npm test` leaves to `./tools/test`: an app's tests with whole connectors and devices (apps/NAME/test, but for its
 * contract), and files that ask the machine for something (root, apt, a browser, a program) and so may have to skip.
 */
function slowOrPicky(): string[] {
  const all = globSync('**/*.test.ts', { exclude: ['**/node_modules/**', '**/dist/**'] });
  return all.filter((file) => isOfWholeApp(path.resolve(file)) || readFileSync(file, 'utf8').includes('skipIf('));
}

function isOfWholeApp(file: string): boolean {
  const place = path.relative(import.meta.dirname, file);
  return /^apps\/[^/]+\/test\/|^docker\//.test(place) && !/\/test\/[a-z-]*contract\.test\.ts$/.test(place);
}

export default defineConfig({
  test: {
    // Of packages/, by `npm run coverage`.
    coverage: {
      provider: 'v8',
      include: ['*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing*.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
    // A project may have none of its own, or none in the quick tier.
    passWithNoTests: true,
    // Shared by every project: a loaded two-core machine must not turn a slow test red.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    exclude: [...configDefaults.exclude, ...(process.env['TESTS'] === 'quick' ? slowOrPicky() : [])],
  },
});
