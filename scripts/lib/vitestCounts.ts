import type { Reporter, TestModule, TestSuite } from 'vitest/node';
import { add, noTests, writeCounts, type Counts } from './testCounts.ts';

/**
 * Writes the counts of a run of vitest. Its JSON report is not enough: there the tests of a suite whose `beforeAll` threw
 * look like tests that were skipped on purpose.
 */
export class VitestCounts implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    writeCounts(this.#file, modules.map((module) => countSuite(module, isUnfinished(module))).reduce(add, noTests));
  }
}

/** A file whose worker crashed or that was never run. */
function isUnfinished(module: TestModule): boolean {
  return ['queued', 'pending'].includes(module.state());
}

/**
 * Counts of a file or a `describe`. One that could not be loaded or begun is as many failures as it has tests, and one
 * when it has none; one that broke afterwards (`afterAll`) is one failure more.
 * @param unfinished its tests without a result are failures
 */
function countSuite(suite: TestModule | TestSuite, unfinished: boolean): Counts {
  const broken = suite.errors().length > 0;
  const tests = [...suite.children.allTests()];
  const began = tests.some((test) => ['passed', 'failed'].includes(test.result().state));
  if (broken && !began) return { ...noTests, failed: Math.max(1, tests.length) };
  let counts = broken ? { ...noTests, failed: 1 } : noTests;
  for (const child of suite.children) {
    if (child.type === 'suite') {
      counts = add(counts, countSuite(child, unfinished));
      continue;
    }
    const { state } = child.result();
    if (state === 'passed') counts = add(counts, { ...noTests, passed: 1 });
    else if (state === 'failed' || (state === 'pending' && unfinished)) counts = add(counts, { ...noTests, failed: 1 });
    else counts = add(counts, { ...noTests, skipped: 1 });
  }
  if (unfinished && suite.type === 'module' && counts.failed === 0) return { ...counts, failed: 1 };
  return counts;
}
