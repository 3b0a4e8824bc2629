import { defineConfig } from 'vitest/config';

// Shared by every project: a loaded two-core machine must not turn a slow test red.
export default defineConfig({ test: { testTimeout: 120_000, hookTimeout: 120_000 } });
