import { defineConfig } from 'vitest/config';

// `npm run test:mutation`: the tests that hold the saga, the journal and the redactor, without those that start processes or wait.
export default defineConfig({
  test: {
    include: [
      'test/unit/jobs/{startJob,sagaDetails,uploads,recovery,intents,journalLines,redact}.test.ts',
      'test/unit/openai/rules.test.ts',
    ],
    pool: 'forks',
    testTimeout: 20_000,
  },
});
