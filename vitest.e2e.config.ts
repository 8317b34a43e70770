import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    pool: 'forks',
    // One window at a time: each needs a server, an extension host and a browser, and CI has two cores.
    fileParallelism: false,
    // A test waits for states, each with a shorter limit of its own; this one is for what was forgotten.
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
