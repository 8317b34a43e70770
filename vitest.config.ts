import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/faults/**/*.test.ts'],
    // What the build puts beside the bundles and sources read too.
    globalSetup: 'test/support/tokenTable.ts',
    // A process of its own for every file: tests start servers and workers and change the environment.
    pool: 'forks',
    // Two busy cores are slow; a test that hangs is still found.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // What is waited for comes in milliseconds, and in seconds when everything runs at once.
    expect: { poll: { timeout: 15_000, interval: 10 } },
  },
});
