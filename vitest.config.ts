import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { builtThreads } from './scripts/lib/builtForTests.ts';
import { usesPanels } from './scripts/lib/testFiles.ts';
import { VitestCounts } from './scripts/lib/vitestCounts.ts';

// A process of its own for every file: tests start servers and workers and change the environment.
const shared = { pool: 'forks', globalSetup: 'test/support/prepare.ts' } as const;

// Two busy cores are slow; a test that hangs is still found. The states that tests poll for come in milliseconds, and in
// seconds when everything runs at once.
const expectPatiently = { poll: { timeout: 15_000, interval: 10 } } as const;
// A file for each core: vitest leaves one core free, which on the two of CI is half of them.
const patient = { testTimeout: 20_000, hookTimeout: 20_000, expect: expectPatiently, maxWorkers: '100%' } as const;

const panels = usesPanels('test/unit');
const projects: TestProjectInlineConfiguration[] = [
  { test: { ...shared, ...patient, name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: panels } },
  // The same with a browser: every page of it is drawn.
  {
    test: {
      ...shared,
      ...patient,
      name: 'panels',
      include: panels,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // A browser uses more than one core by itself.
      fileParallelism: false,
      sequence: { groupOrder: 1 },
    },
  },
  { test: { ...shared, ...patient, name: 'faults', include: ['test/faults/**/*.test.ts'] } },
  {
    test: {
      ...shared,
      name: 'e2e',
      include: ['test/e2e/**/*.test.ts'],
      // One window at a time: each needs a server, an extension host and a browser, and CI has two cores.
      fileParallelism: false,
      sequence: { groupOrder: 2 },
      // A test waits for states, each with a shorter limit of its own; this one is for forgotten ones.
      testTimeout: 300_000,
      hookTimeout: 180_000,
      expect: expectPatiently,
    },
  },
];

// Projects that repeat tests of the others exist only when they are asked for by name, or every run would repeat them.
if (process.argv.some((argument) => argument.includes('faults-1000'))) {
  // `npm run test:faults`: as many seeds and kills as the promises name.
  projects.push({
    test: {
      ...shared,
      name: 'faults-1000',
      include: ['test/faults/**/*.test.ts'],
      env: { TUNING_FORK_SEEDS: process.env['TUNING_FORK_SEEDS'] ?? '1000' },
      testTimeout: 120_000,
      hookTimeout: 60_000,
    },
  });
}
if (process.argv.some((argument) => argument.includes('statistics-2000'))) {
  // `npm run test:statistics`: as many runs as the figures of docs/statistics.md and docs/verdicts.md were measured with.
  projects.push({
    test: {
      ...shared,
      name: 'statistics-2000',
      include: [
        'test/unit/core/statistics/*.test.ts',
        'test/unit/core/evaluation/comparison/rerun.test.ts',
        'test/unit/core/training/verdict/simulation*.test.ts',
      ],
      env: { TUNING_FORK_RUNS: process.env['TUNING_FORK_RUNS'] ?? '2000' },
    },
  });
}
if (process.env['STRYKER_MUTATOR_WORKER'] !== undefined) {
  // `npm run test:mutation`: the tests of the saga, the journals, the money gates, the secrets and the redactor, without
  // those that start processes or wait.
  projects.splice(0, Infinity, {
    test: {
      ...shared,
      name: 'mutation',
      include: [
        'test/unit/jobs/start/*.test.ts',
        'test/unit/core/{base/redact,base/untrustedText,cost/priceCap,journal/lines,provider/addresses}.test.ts',
        'test/unit/storage/{appendJournal,delayedSync,earlierStorage}.test.ts',
        'test/unit/evals/{journal,oneWriter,runner}.test.ts',
        'test/unit/extension/connections/{keyStore,keys,ownKey}.test.ts',
        'test/unit/extension/evaluation/{confirmResume,evaluateModel,money}.test.ts',
        'test/unit/extension/fineTuning/{startFineTuning,interruptedStarts}.test.ts',
        'test/unit/extension/ui/{confirmPaid,trust}.test.ts',
      ],
      testTimeout: 20_000,
    },
  });
}

/** Where scripts/test.ts wants the counts. */
const counts = process.env['TUNING_FORK_TEST_COUNTS'];

export default defineConfig({
  test: {
    projects: projects.map((project) => ({ plugins: [builtThreads], ...project })),
    reporters: counts === undefined ? ['default'] : ['default', new VitestCounts(counts)],
  },
});
