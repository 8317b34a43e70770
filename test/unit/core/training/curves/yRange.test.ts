import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { niceStep, outlierFences, rangeAround } from '../../../../../src/core/training/curves/yRange.ts';

describe('the automatic y axis', () => {
  it.each([
    [1.02, 2.31, { from: 1, to: 2.4 }],
    [0.03, 2.9, { from: 0, to: 3 }],
    [0, 1, { from: 0, to: 1 }],
    [0.4, 0.6, { from: 0.35, to: 0.65 }],
    [-0.5, 0.5, { from: -0.6, to: 0.6 }],
    [5, 5, { from: 4.5, to: 5.5 }],
    [0, 0, { from: -1, to: 1 }],
  ])('around %s … %s ends at round numbers', (low, high, range) => {
    expect(rangeAround(low, high, 'linear')).toEqual(range);
  });

  it('holds every value', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const range = rangeAround(Math.min(a, b), Math.max(a, b), 'linear');
        const slack = 1e-8 * Math.max(Math.abs(a), Math.abs(b));
        expect(range?.from).toBeLessThanOrEqual(Math.min(a, b) + slack);
        expect(range?.to).toBeGreaterThanOrEqual(Math.max(a, b) - slack);
      }),
    );
  });

  it('has values above 0 only on a logarithmic axis', () => {
    expect(rangeAround(0, 5, 'log')).toBeNull();
    const range = rangeAround(0.1, 10, 'log');
    expect(range?.from).toBeLessThan(0.1);
    expect(range?.from).toBeGreaterThan(0.05);
    expect(rangeAround(3, 3, 'log')).toEqual({ from: 1.5, to: 6 });
    expect(rangeAround(Infinity, -Infinity, 'linear')).toBeNull();
  });

  it('takes steps of 1, 2 and 5', () => {
    expect([0.07, 0.1, 0.11, 3, 6, 51].map(niceStep)).toEqual([0.1, 0.1, 0.2, 5, 10, 100]);
  });
});

describe('outliers', () => {
  it('lie three times the distance of the quartiles beyond them', () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    expect(outlierFences(values)).toEqual({ from: 25 - 150, to: 75 + 150 });
  });

  it('are none among few or equal values', () => {
    expect(outlierFences([1, 2, 99])).toEqual({ from: -Infinity, to: Infinity });
    expect(outlierFences([1, 1, 1, 1, 99])).toEqual({ from: -Infinity, to: Infinity });
  });

  it('are found among a million values as well', () => {
    const { from, to } = outlierFences(Float64Array.from({ length: 1_000_000 }, (_, i) => i % 1000));
    expect(from / -1250).toBeCloseTo(1, 1);
    expect(to / 2250).toBeCloseTo(1, 1);
  });
});
