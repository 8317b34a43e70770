import { defineConfig } from 'vitest/config';

// `npm run test:mutation`: the tests that hold the saga, the journal and the redactor, without those that start processes or wait.
export default defineConfig({
  test: {
    include: [
      'test/unit/jobs/start/*.test.ts',
      'test/unit/core/{base/redact,base/untrustedText,journal/lines,provider/addresses}.test.ts',
    ],
    pool: 'forks',
    testTimeout: 20_000,
  },
});
