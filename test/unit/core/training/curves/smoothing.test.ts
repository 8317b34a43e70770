import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../../../src/core/training/curves/gaussian.ts';
import { average, ema, smooth, timeEma, type Smoothing } from '../../../../../src/core/training/curves/smoothing.ts';
import { cpuMs } from '../../../../support/cpuTime.ts';
import { randomNumbers } from '../../../../support/webviewHarness/states.ts';

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

describe('time-weighted EMA', () => {
  it('gives the figures of the published formula', () => {
    // Range 1000, so that Δx is the distance itself; √0.81 = 0.9. By hand: 1; (0.9·1 + 2) / 1.9; then Δx = 2:
    // (2.9·0.81 + 4) / (1.9·0.81 + 1).
    const expected = [1, 2.9 / 1.9, (2.9 * 0.81 + 4) / (1.9 * 0.81 + 1)];
    [...timeEma([0, 1, 3], [1, 2, 4], 0.81, 1000)].forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] ?? 0, 12);
    });
  });

  it('never weighs what came before with more than 0.999 a unit', () => {
    expect(timeEma([0, 1], [0, 1], 1, 1000)[1]).toBeCloseTo(1 / 1.999, 12);
  });

  it('smooths a line the same whether or not points are doubled in number', () => {
    const sparse = Array.from({ length: 200 }, (_, i) => i * 10);
    const dense = Array.from({ length: 400 }, (_, i) => i * 5);
    const at = (xs: readonly number[]): number =>
      timeEma(
        xs,
        xs.map((x) => Math.sin(x / 300)),
        0.9,
        2000,
      )[xs.indexOf(1500)] ?? 0;
    expect(at(dense)).toBeCloseTo(at(sparse), 1);
  });

  it('reaches over non-finite points to the last finite one', () => {
    expect(timeEma([0, 1, 2], [1, Number.NaN, 2], 0.81, 1000)[2]).toBeCloseTo((0.81 + 2) / 1.81, 12);
    expect(timeEma([0, 1, 2], [1, Number.NaN, 2], 0.81, 1000)[1]).toBeNaN();
  });

  it('refuses an axis without a length', () => {
    expect(() => timeEma([0], [1], 0.5, 0)).toThrow(RangeError);
  });
});

describe('running average', () => {
  it('is the mean of the box around each point, cut off at the ends', () => {
    expect([...average([1, 2, 6, 3], 3)]).toEqual([1.5, 3, 11 / 3, 4.5]);
    // An even box has one more point behind than before.
    expect([...average([1, 2, 6, 3], 2)]).toEqual([1.5, 4, 4.5, 3]);
  });

  it('equals the mean taken point by point', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: loss }, { weight: 1, arbitrary: fc.constant(Number.NaN) }), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 80 }),
        (values, points) => {
          const smoothed = average(values, points);
          values.forEach((value, i) => {
            if (Number.isNaN(value)) {
              expect(smoothed[i]).toBeNaN();
              return;
            }
            const box = values
              .slice(Math.max(0, i - Math.floor((points - 1) / 2)), i + Math.floor(points / 2) + 1)
              .filter((other) => !Number.isNaN(other));
            expect(smoothed[i]).toBeCloseTo(box.reduce((sum, other) => sum + other, 0) / box.length, 5);
          });
        },
      ),
    );
  });

  it('forgets a huge value as soon as it is out of the box', () => {
    const values = Array.from({ length: 50 }, (_, i) => (i === 10 ? 1e300 : i % 3));
    expect([...average(values, 3)].slice(12, 48)).toEqual(Array.from({ length: 36 }, () => 1));
  });
});

describe('Gaussian smoothing', () => {
  it('weighs by the distance, scaled to the points that there are', () => {
    const [w1, w2] = [Math.exp(-0.5), Math.exp(-2)];
    const smoothed = gaussian([1, 0, 0], 1);
    expect(smoothed[0]).toBeCloseTo(1 / (1 + w1 + w2), 12);
    expect(smoothed[1]).toBeCloseTo(w1 / (1 + 2 * w1), 12);
    expect(smoothed[2]).toBeCloseTo(w2 / (1 + w1 + w2), 12);
  });

  it('leaves out non-finite points', () => {
    const smoothed = gaussian([1, Number.NaN, 3], 1);
    expect(smoothed[0]).toBeCloseTo((1 + 3 * Math.exp(-2)) / (1 + Math.exp(-2)), 12);
    expect(smoothed[1]).toBeNaN();
  });

  it.each([8, 40, 300])('takes a long series by recursion, within 0.0001 of the sum, σ = %s', (deviation) => {
    const random = randomNumbers(3);
    // Long enough that the sum would take more products than are allowed.
    const length = Math.ceil(21_000_000 / (5 * deviation));
    const values = Float64Array.from({ length }, (_, i) => 5 + Math.sin(i / 500) + random() + (i === 5000 ? 4 : 0));
    const smoothed = gaussian(values, deviation);
    const reach = 6 * deviation;
    for (const i of [0, 1, 40, 5000, 5000 + deviation, length - 2, length - 1]) {
      let sum = 0;
      let weights = 0;
      for (let j = Math.max(0, i - reach); j <= Math.min(length - 1, i + reach); j++) {
        const weight = Math.exp(-((i - j) ** 2) / (2 * deviation ** 2));
        sum += weight * (values[j] ?? 0);
        weights += weight;
      }
      expect(Math.abs((smoothed[i] ?? 0) - sum / weights)).toBeLessThan(1e-4 * 7);
    }
  });
});

describe('all kinds', () => {
  const kinds = [
    ['ema', 0.9],
    ['time-ema', 0.9],
    ['gaussian', 3],
    ['average', 7],
  ] as const satisfies readonly (readonly [Smoothing, number])[];

  it.each(kinds)('%s returns a constant as it is, to the last digit', (kind, amount) => {
    fc.assert(
      fc.property(loss, fc.nat({ max: 100 }), (value, length) => {
        const values = Array.from({ length }, () => value);
        expect([...smooth(kind, amount, [...values.keys()], values, 100)]).toEqual(values);
      }),
    );
  });

  it.each(kinds)('%s stays within the lowest and the highest value', (kind, amount) => {
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1 }), (values) => {
        const slack = 1e-9 * Math.max(1, ...values.map(Math.abs));
        for (const value of smooth(kind, amount, [...values.keys()], values, 100)) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values) - slack);
          expect(value).toBeLessThanOrEqual(Math.max(...values) + slack);
        }
      }),
    );
  });

  it('smooths nothing when told so', () => {
    expect([...smooth('none', 1, [0, 1], [3, 5], 1)]).toEqual([3, 5]);
    expect([...smooth('gaussian', 0, [0, 1], [3, 5], 1)]).toEqual([3, 5]);
    expect([...smooth('average', 1, [0, 1], [3, 5], 1)]).toEqual([3, 5]);
  });

  it.each(kinds)('%s takes a time that grows like the number of points', (kind, amount) => {
    const timeOf = (length: number): number => {
      const ys = Float64Array.from({ length }, (_, i) => Math.sin(i));
      const xs = Float64Array.from({ length }, (_, i) => i);
      const wide = kind === 'gaussian' || kind === 'average' ? amount * 20 : amount;
      const times = [1, 2, 3].map(() => {
        const before = cpuMs();
        smooth(kind, wide, xs, ys, length);
        return cpuMs() - before;
      });
      return Math.max(0.5, Math.min(...times));
    };
    timeOf(50_000);
    // Eight times as many points: 8, and 64 for a quadratic one.
    expect(timeOf(800_000)).toBeLessThan(30 * timeOf(100_000));
  });
});
