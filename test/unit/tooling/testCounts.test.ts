import { describe, expect, it } from 'vitest';
import { add, closingLine, countMocha, countVitest, judge, noTests } from '../../../scripts/lib/testCounts.ts';

describe('the closing line', () => {
  it('names skipped tests only when there are some', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
  });

  it('adds up kinds of tests', () => {
    const total = add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
    expect(total).toEqual({ passed: 11, failed: 22, skipped: 33 });
  });
});

describe('a step that must not look green', () => {
  it('fails without a report', () => {
    expect(judge(undefined, 0).failed).toBe(1);
  });

  it('fails when no test ran, even if some were skipped', () => {
    expect(judge(noTests, 0).failed).toBe(1);
    expect(judge({ ...noTests, skipped: 5 }, 0)).toEqual({ passed: 0, failed: 1, skipped: 5 });
  });

  it('fails when the runner failed and no test explains it', () => {
    expect(judge({ passed: 5, failed: 0, skipped: 0 }, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
  });

  it('counts a failed test once', () => {
    expect(judge({ passed: 5, failed: 2, skipped: 0 }, 1).failed).toBe(2);
    expect(judge({ passed: 5, failed: 0, skipped: 0 }, 0)).toEqual({ passed: 5, failed: 0, skipped: 0 });
  });
});

describe('reports', () => {
  it("counts vitest's, with a file that could not be loaded as one failure", () => {
    const report = {
      numPassedTests: 3,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [
        { status: 'failed', assertionResults: [] },
        { status: 'failed', assertionResults: [{}] },
        { status: 'passed', assertionResults: [{}] },
      ],
    };
    expect(countVitest(report)).toEqual({ passed: 3, failed: 2, skipped: 3 });
  });

  it("counts mocha's", () => {
    expect(countMocha({ stats: { passes: 3, failures: 1, pending: 2 } })).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });
});
