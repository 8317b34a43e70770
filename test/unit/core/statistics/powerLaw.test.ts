import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/base/random.ts';
import { fitPowerLaw } from '../../../../src/core/statistics/powerLaw.ts';

const SIZES = [50, 100, 200, 300, 400];
const diagonal = (sd: number): number[][] => SIZES.map((_, i) => SIZES.map((__, j) => (i === j ? sd * sd : 0)));

describe('a power law through errors', () => {
  it.each([
    { a: 0, b: 4, c: 0.5 },
    { a: 0.1, b: 5, c: 0.8 },
    { a: 0, b: 1, c: 0.2 },
  ])('without noise is found again: $a, $b, $c', ({ a, b, c }) => {
    const law = (n: number): number => a + b * n ** -c;
    const fit = fitPowerLaw(SIZES, SIZES.map(law), diagonal(0.0005));
    const { value, low, high } = fit.at(800, 0.9);
    expect(Math.abs(value - law(800)) / law(800)).toBeLessThan(0.03);
    expect(low).toBeLessThanOrEqual(law(800) * 1.01);
    expect(high).toBeGreaterThanOrEqual(law(800) * 0.99);
    expect(Math.abs(fit.fall(400, 800, 0.9).value - (law(400) - law(800)))).toBeLessThan(0.1 * law(400));
    for (const size of SIZES)
      expect(Math.abs(fit.best.a + fit.best.b * (size + fit.best.d) ** -fit.best.c - law(size))).toBeLessThan(0.01);
  });

  it('may begin level, as many classes with few rows each do', () => {
    const law = (n: number): number => 0.99 * (1 + n / 800) ** -1.5;
    const { value, low, high } = fitPowerLaw(SIZES, SIZES.map(law), diagonal(0.01)).at(800, 0.9);
    expect(low).toBeLessThan(law(800));
    expect(high).toBeGreaterThan(law(800));
    expect(Math.abs(value - law(800))).toBeLessThan(0.05);
  });

  it('never rises and never falls below zero, whatever the points are', () => {
    const random = createRandom(3);
    for (let round = 0; round < 20; round += 1) {
      const errors = SIZES.map(() => random.next());
      const fit = fitPowerLaw(SIZES, errors, diagonal(0.05));
      const [near, far] = [fit.at(400, 0.9), fit.at(4000, 0.9)];
      expect(far.value).toBeLessThanOrEqual(near.value + 1e-6);
      expect(far.low).toBeGreaterThanOrEqual(0);
      expect([near.low <= near.value, near.value <= near.high]).toEqual([true, true]);
      expect(fit.fall(400, 800, 0.9).low).toBeGreaterThanOrEqual(0);
    }
  });

  it('has an interval that holds the curve at twice the size as often as it says', () => {
    const random = createRandom(7);
    const rounds = 300;
    let held = 0;
    let above = 0;
    for (let round = 0; round < rounds; round += 1) {
      const [a, b, c] = [0.2 * random.next(), 1 + 3 * random.next(), 0.2 + 0.8 * random.next()];
      const law = (n: number): number => a + b * n ** -c;
      const sd = 0.02 * law(400);
      const errors = SIZES.map((size) => law(size) + sd * random.normal());
      const { low, high } = fitPowerLaw(SIZES, errors, diagonal(sd)).at(800, 0.9);
      if (law(800) >= low && law(800) <= high) held += 1;
      else if (law(800) > high) above += 1;
    }
    expect(held / rounds).toBeGreaterThan(0.85);
    // Neither side carries all of the rest.
    expect(above).toBeLessThan(0.1 * rounds);
  });

  it('adds the noise of a measurement to its interval', () => {
    const errors = SIZES.map((n) => 4 * n ** -0.5);
    const fit = fitPowerLaw(SIZES, errors, diagonal(0.0005));
    const [plain, noisy] = [fit.at(800, 0.9), fit.at(800, 0.9, () => 0.02)];
    expect(noisy.high - noisy.low).toBeCloseTo(2 * 1.645 * 0.02, 2);
    expect(plain.high - plain.low).toBeLessThan(0.01);
    expect(noisy.value).toBeCloseTo(plain.value, 3);
  });
});
