// Examples whose figures were computed by another program.
import { describe, expect, it } from 'vitest';
import { curveSentence } from '../../../../../src/core/training/verdict/sentence.ts';
import { judgeCurve } from '../../../../../src/core/training/verdict/judge.ts';
import type { Verdict } from '../../../../../src/core/training/verdict/verdict.ts';

/** Nearly normal noise by a generator that is easily repeated: four draws of x ← 16807·x mod 2147483647 a value. */
function noiseFrom(seed: number): () => number {
  let x = seed;
  const draw = (): number => {
    x = (16807 * x) % 2147483647;
    return x / 2147483647;
  };
  return () => Math.sqrt(3) * (draw() + draw() + draw() + draw() - 2);
}

/** A hundred points with steps from 1. */
function judged(seed: number, valueAt: (i: number, noise: number) => number): Verdict {
  const noise = noiseFrom(seed);
  const values = Float64Array.from({ length: 100 }, (_, i) => valueAt(i, noise()));
  return judgeCurve(
    values.map((_, i) => i + 1),
    values,
  );
}

describe('a hundred points', () => {
  it('without a trend', () => {
    const noise = noiseFrom(1);
    expect([1 + 0.1 * noise(), 1 + 0.1 * noise()].map((value) => value.toFixed(6))).toEqual(['0.886689', '0.909524']);
    const verdict = judged(1, (_, g) => 1 + 0.1 * g);
    expect(verdict).toMatchObject({ code: 'flat', clearly: false, since: null, settled: null });
    expect(verdict.bound).toBeLessThan(0.1);
    expect(verdict.evidence?.trend).toBeCloseTo(2.814733, 6);
    expect(verdict.evidence?.trendLimit).toBe(10.5);
  });

  it('that fall until 40', () => {
    const verdict = judged(1, (i, g) => 1 + (0.5 * Math.max(40 - i, 0)) / 40 + 0.05 * g);
    // 0.365 (0.361 to 0.399) of the points.
    const since = { step: 37, between: [36, 40] };
    expect(verdict).toMatchObject({ code: 'flat', clearly: true, since, settled: since, bound: null });
    expect(verdict.evidence?.trend).toBeCloseTo(45.926329, 6);
    expect(verdict.evidence?.trendLimit).toBeCloseTo(21.583333, 6);
    expect(verdict.evidence?.slope).toBeCloseTo(0.697884, 6);
    expect(verdict.evidence?.strict).toBeCloseTo(33.02, 2);
  });

  it('that turn at 50', () => {
    const verdict = judged(7, (i, g) => 1 + (0.4 * Math.abs(i - 50)) / 50 + 0.05 * g);
    expect(verdict).toMatchObject({ code: 'worse', since: { step: 54, between: [50, 54] }, bound: null });
    expect(verdict.evidence?.trend).toBeCloseTo(45.07697, 6);
    expect(verdict.evidence?.slope).toBeCloseTo(42.581243, 6);
  });

  it('that fall all along', () => {
    const verdict = judged(3, (i, g) => 2 - 0.01 * i + 0.05 * g);
    expect(verdict).toMatchObject({ code: 'improving', since: null, bound: null });
    expect(verdict.settled?.step).toBeGreaterThan(90);
    expect(verdict.evidence?.trend).toBeCloseTo(59.677146, 6);
    expect(verdict.evidence?.slope).toBeCloseTo(22.770751, 6);
  });
});

describe('few points', () => {
  const epochs = (values: readonly number[]): Verdict =>
    judgeCurve(
      values.map((_, i) => 100 * (i + 1)),
      values,
    );

  it('that fall, then rise', () => {
    const verdict = epochs([1.1, 0.95, 0.9, 0.97, 1.08, 1.2]);
    expect(verdict).toMatchObject({ code: 'worse', since: { step: 300 }, settled: { step: 300 } });
    expect(verdict).toMatchObject({ best: { step: 300, value: 0.9 } });
    expect(verdict.evidence?.trend).toBeCloseTo(19.252, 3);
    expect(verdict.evidence?.trendLimit).toBe(10.1);
  });

  it('without a trend', () => {
    const verdict = epochs([1.1, 1.02, 0.99, 1.03, 0.97, 1.01]);
    expect(verdict).toMatchObject({ code: 'few-points', since: null, best: { step: 500, value: 0.97 } });
    expect(verdict.evidence?.trend).toBeCloseTo(2.778, 3);
  });

  it('that fall ever more slowly', () => {
    const verdict = epochs([2, 1.5, 1.2, 1.05, 0.99, 0.97, 0.96, 0.96]);
    expect(verdict).toMatchObject({ code: 'improving', settled: { step: 500 } });
    expect(verdict.evidence?.trend).toBeCloseTo(45.514, 3);
    expect(verdict.evidence?.knee).toBe(0.375);
  });

  it('that fall and stay level claim no direction of the end', () => {
    // The last piece of the best fit has a slope within its error.
    const verdict = epochs([2.1, 1.8, 1.5, 1.2, 1.21, 1.19, 1.2, 1.18, 1.22, 1.2, 1.19, 1.21]);
    expect(verdict).toMatchObject({ code: 'few-points', since: null, best: { step: 800, value: 1.18 } });
    expect(verdict.evidence?.trend).toBeGreaterThan(verdict.evidence?.trendLimit ?? Infinity);
    expect(curveSentence(verdict, { series: 'full_valid_loss' })).toBe(
      "12 values change, but whether they rise or fall at the end can't be told; the lowest is 1.18 at step 800.",
    );
  });

  it('four or fewer', () => {
    expect(epochs([4, 3, 2, 1])).toMatchObject({ code: 'few-points', best: { step: 400, value: 1 }, evidence: null });
    expect(epochs([])).toMatchObject({ code: 'few-points', points: 0, best: null });
  });
});
