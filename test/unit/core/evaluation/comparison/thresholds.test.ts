import { describe, expect, it } from 'vitest';
import { allPassed, checkThresholds } from '../../../../../src/core/evaluation/comparison/thresholds.ts';
import type { Comparison, ContestantSummary } from '../../../../../src/core/evaluation/comparison/types.ts';
import type { Pass } from '../../../../../src/core/evaluation/types.ts';

const first: Pick<ContestantSummary, 'contestant' | 'metrics'> = {
  contestant: 'tuned',
  metrics: { mae: { value: 79.58, low: 70, high: 90 }, hits: { value: 0.5, low: 0.4, high: 0.6 } },
};

function comparison(low: number, high: number, change: Partial<Comparison> = {}): Comparison {
  return {
    a: 'tuned',
    b: 'base',
    metric: 'mae',
    items: 100,
    clusters: 100,
    difference: { value: (low + high) / 2, low, high, p: 0.5 },
    narrow: null,
    typical: null,
    claim: 'none',
    better: 0,
    worse: 0,
    ties: 0,
    heaviest: null,
    matters: 8,
    sd: 60,
    ...change,
  };
}

const judged = (pass: Partial<Pass>, ...comparisons: readonly Comparison[]) =>
  checkThresholds({ metrics: {}, vsBaseline: null, ...pass }, { contestants: [first], comparisons }, 'mae');
const notWorse = (...comparisons: readonly Comparison[]) => judged({ vsBaseline: 'not worse' }, ...comparisons)[0];

describe('thresholds', () => {
  it('are about the figures of the first contestant, with their value', () => {
    const checks = judged({ metrics: { mae: { max: 80 }, hits: { min: 0.6 }, rmsle: { min: 0, max: 1 } } });
    expect(checks.map(({ passed, sentence }) => [passed, sentence])).toEqual([
      [true, 'mae is 79.58; allowed is at most 80.00.'],
      [false, 'hits is 0.50; allowed is at least 0.60.'],
      [false, 'rmsle is no figure; allowed is 0.00 to 1.00.'],
    ]);
    expect(allPassed(checks)).toBe(false);
    expect(allPassed(checks.slice(0, 1))).toBe(true);
  });

  it('are none, and nothing is passed, without any', () => {
    expect(checkThresholds(undefined, { contestants: [first], comparisons: [] }, 'mae')).toEqual([]);
    expect(allPassed([])).toBeNull();
  });

  it('pass as not worse only where the interval excludes a loss that matters', () => {
    expect(notWorse(comparison(-20, 7.9))).toMatchObject({
      passed: true,
      sentence: 'A loss of 8.00 against the baseline is excluded.',
    });
    expect(notWorse(comparison(-20, 8.1))?.passed).toBe(false);
    // A loss of a share is a fall.
    const share = checkThresholds(
      { metrics: {}, vsBaseline: 'not worse' },
      {
        contestants: [first],
        comparisons: [comparison(-0.04, 0.1, { metric: 'hits', matters: 0.05, sd: 0.3 })],
      },
      'hits',
    );
    expect(share[0]?.passed).toBe(true);
  });

  it('pass nobody as not worse who gains by silence', () => {
    const silent = { withZeros: { value: 10, low: -5, high: 25 } };
    expect(notWorse(comparison(-20, -1, silent))).toMatchObject({
      passed: false,
      sentence: 'With replies without a number counted as 0 a loss of 8.00 against the baseline is not excluded.',
    });
    expect(notWorse(comparison(-20, -1, { withZeros: { value: 1, low: -5, high: 7 } }))?.passed).toBe(true);
  });

  it('say how many items are needed where there are too few', () => {
    // (1.96 + 0.84)² × 60² / 8² = 442 items, between 442 / 1.6 and 442 / 0.6.
    expect(notWorse(comparison(-20, 20))?.sentence).toBe(
      'A loss of 8.00 against the baseline is not excluded: about 277 to 737 items would be needed.',
    );
    expect(notWorse(comparison(-20, 20, { clusters: 2000 }))?.sentence).toBe(
      'A loss of 8.00 against the baseline is not excluded.',
    );
    // Nine items never pass, however near to each other they are.
    expect(notWorse(comparison(-1, 1, { clusters: 9 }))).toMatchObject({
      passed: false,
      sentence:
        'There are not enough items to compare with the baseline: at least 10 that both have answered are needed.',
    });
    expect(notWorse()?.passed).toBe(false);
  });

  it('take any loss for one that matters where the better figure is 0', () => {
    expect(notWorse(comparison(0, 0, { matters: null, sd: 0 }))).toMatchObject({
      passed: true,
      sentence: 'A loss against the baseline is excluded.',
    });
    expect(notWorse(comparison(-1, 1, { matters: null }))).toMatchObject({
      passed: false,
      sentence: 'A loss against the baseline is not excluded.',
    });
  });

  it('pass as better only where that is claimed', () => {
    expect(judged({ vsBaseline: 'better' }, comparison(-9, -1, { claim: 'better' }))[0]?.passed).toBe(true);
    expect(judged({ vsBaseline: 'better' }, comparison(-9, -1, { claim: 'equal' }))[0]?.passed).toBe(false);
  });
});
