import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ema } from '../../../../../src/core/training/curves/smoothing.ts';

const weight = fc.double({ min: 0, max: 0.99, noNaN: true });
const loss = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe('exponential moving average', () => {
  it('gives the figures of the published formula', () => {
    // last = last·w + (1−w)·y; out = last / (1 − wⁿ), by hand for w = 0.5 and 1, 2, 4.
    expect([...ema([1, 2, 4], 0.5)]).toEqual([1, 1.25 / 0.75, 2.625 / 0.875]);
  });

  it('starts at the first value, whatever the weight', () => {
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1 }), weight, (values, w) => {
        expect(ema(values, w)[0]).toBeCloseTo(values[0] ?? 0, 6);
      }),
    );
  });

  it('stays between the lowest and the highest value seen so far', () => {
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1 }), weight, (values, w) => {
        const smoothed = ema(values, w);
        let low = Infinity;
        let high = -Infinity;
        values.forEach((value, index) => {
          low = Math.min(low, value);
          high = Math.max(high, value);
          const slack = (Math.abs(low) + Math.abs(high)) * 1e-9 + 1e-9;
          expect(smoothed[index]).toBeGreaterThanOrEqual(low - slack);
          expect(smoothed[index]).toBeLessThanOrEqual(high + slack);
        });
      }),
    );
  });

  it('returns a constant series as it is, to the last digit', () => {
    fc.assert(
      fc.property(loss, fc.nat({ max: 200 }), weight, (value, length, w) => {
        const values = Array.from({ length }, () => value);
        expect([...ema(values, w)]).toEqual(values);
      }),
    );
  });

  it('returns every series as it is with weight 0', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        expect([...ema(values, 0)]).toEqual(values);
      }),
    );
  });

  it('lets non-finite points through and goes on as if they were not there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(loss, fc.constantFrom(Number.NaN, Infinity, -Infinity)), { minLength: 1 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (values, w) => {
          const finite = values.filter((value) => Number.isFinite(value));
          // Of the finite points alone a constant series would be returned unchanged, among others it is averaged.
          fc.pre(new Set(finite).size > 1);
          const smoothed = ema(values, w);
          const expected = ema(finite, w);
          let next = 0;
          values.forEach((value, index) => {
            if (Number.isFinite(value)) expect(smoothed[index]).toBe(expected[next++]);
            else expect(smoothed[index]).toBe(value);
          });
        },
      ),
    );
  });

  it('does not look ahead: a longer series begins with the same figures', () => {
    fc.assert(
      fc.property(fc.array(loss, { minLength: 3 }), weight, (values, w) => {
        fc.pre(new Set(values.slice(0, -1)).size > 1);
        expect([...ema(values, w)].slice(0, -1)).toEqual([...ema(values.slice(0, -1), w)]);
      }),
    );
  });

  it('is not debiased with weight 1, as in the tools it follows', () => {
    expect([...ema([3, 5], 1)]).toEqual([0, 0]);
  });

  it('leaves its input alone and takes an empty one', () => {
    const values = Float64Array.from([1, 2, 3]);
    ema(values, 0.9);
    expect([...values]).toEqual([1, 2, 3]);
    expect(ema([], 0.5)).toHaveLength(0);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses the weight %s', (w) => {
    expect(() => ema([1], w)).toThrow(RangeError);
  });
});
