import { defineConfig } from 'vitest/config';

// `npm run test:faults`: the same tests as in `npm test`, with as many seeds and kills as the promises name.
process.env['TUNING_FORK_SEEDS'] ??= '1000';

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: 'test/support/tokenTable.ts',
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
