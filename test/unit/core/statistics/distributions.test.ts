import jStat from 'jstat';
import { describe, expect, it } from 'vitest';
import {
  binomialCdf,
  binomialDensity,
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
  studentTwoSided,
} from '../../../../src/core/statistics/distributions.ts';

/** Largest difference relative to the size of the expected value. */
function worst(pairs: readonly (readonly [number, number])[]): number {
  return Math.max(...pairs.map(([ours, theirs]) => Math.abs(ours - theirs) / Math.max(1e-9, Math.abs(theirs))));
}

const DFS = [1, 2, 3, 5, 9, 19, 49, 124, 249, 999, 24_999];
const PS = [0.001, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.975, 0.99, 0.999];

describe('distribution functions', () => {
  // The other package has seven digits, so a wrong formula shows and a wrong last digit does not.
  it('agree with an independent package on a grid', () => {
    const xs = [0.01, 0.1, 0.5, 1, 1.5, 2, 3.7, 10, 55, 400];
    expect(worst(xs.filter((x) => x !== 1 && x !== 2).map((x) => [logGamma(x), jStat.gammaln(x)]))).toBeLessThan(1e-7);
    const shapes = [0.5, 1, 2, 7.5, 40];
    expect(
      worst(
        shapes
          .flatMap((a) =>
            shapes.flatMap((b) => PS.map((x) => [incompleteBeta(x, a, b), jStat.ibeta(x, a, b)] as const)),
          )
          .filter(([, theirs]) => theirs > 1e-6),
      ),
    ).toBeLessThan(1e-6);
    const ts = [-12, -3, -1.5, -0.2, 0, 0.4, 1, 1.96, 4, 20];
    expect(
      worst(
        DFS.flatMap((df) => ts.map((t) => [studentCdf(t, df), jStat.studentt.cdf(t, df)] as const)).filter(
          ([, theirs]) => theirs > 1e-6,
        ),
      ),
    ).toBeLessThan(1e-6);
    expect(
      worst(
        DFS.flatMap((df) =>
          PS.filter((p) => p !== 0.5).map((p) => [studentQuantile(p, df), jStat.studentt.inv(p, df)] as const),
        ),
      ),
    ).toBeLessThan(1e-5);
    expect(
      worst(ts.map((z) => [normalCdf(z), jStat.normal.cdf(z, 0, 1)] as const).filter(([, theirs]) => theirs > 1e-6)),
    ).toBeLessThan(1e-6);
    expect(
      worst(PS.filter((p) => p !== 0.5).map((p) => [normalQuantile(p), jStat.normal.inv(p, 0, 1)] as const)),
    ).toBeLessThan(1e-6);
    for (const n of [1, 5, 20, 100]) {
      for (let k = 0; k <= n; k += Math.max(1, n / 10)) {
        for (const p of [0.1, 0.5, 0.83]) {
          expect(binomialCdf(k, n, p)).toBeCloseTo(jStat.binomial.cdf(k, n, p), 6);
          expect(binomialDensity(k, n, p)).toBeCloseTo(jStat.binomial.pdf(k, n, p), 6);
        }
      }
    }
  });

  // Digits of closed forms and of published tables (Abramowitz and Stegun), which the other package does not reach.
  it('have twelve digits where closed forms exist', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      factorial *= n;
      expect(Math.exp(logGamma(n + 1)) / factorial).toBeCloseTo(1, 12);
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
    // One and two degrees of freedom: Cauchy, and t/√(2 + t²).
    for (const t of [0.1, 0.7, 1, 2.5, 12, 200]) {
      expect(studentTwoSided(t, 1)).toBeCloseTo(1 - (2 * Math.atan(t)) / Math.PI, 12);
      expect(studentTwoSided(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    }
    for (const p of [0.6, 0.9, 0.975, 0.999]) {
      expect(studentQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 12);
      const a = 2 * p - 1;
      expect(studentQuantile(p, 2) / (a * Math.sqrt(2 / (1 - a * a)))).toBeCloseTo(1, 12);
    }
    expect(normalQuantile(0.975)).toBeCloseTo(1.959_963_984_540_054, 13);
    expect(normalCdf(-1)).toBeCloseTo(0.158_655_253_931_457_05, 14);
    expect(normalCdf(3)).toBeCloseTo(0.998_650_101_968_369_9, 14);
    expect(normalCdf(-8) / 6.220_960_574_271_78e-16).toBeCloseTo(1, 10);
    expect(studentQuantile(0.975, 1e9)).toBeCloseTo(normalQuantile(0.975), 7);
    expect(incompleteBeta(0.3, 1, 4)).toBeCloseTo(1 - 0.7 ** 4, 14);
    expect(binomialCdf(3, 10, 0.5)).toBeCloseTo(176 / 1024, 14);
    expect(binomialDensity(3, 10, 0.5)).toBeCloseTo(120 / 1024, 14);
  });

  it('are each other’s inverse, symmetric, and end where they should', () => {
    for (const df of DFS) {
      for (const p of PS) expect(studentCdf(studentQuantile(p, df), df)).toBeCloseTo(p, 12);
      expect(studentQuantile(0.2, df)).toBe(-studentQuantile(0.8, df));
    }
    for (const p of PS) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 13);
    expect(incompleteBeta(0, 2, 3)).toBe(0);
    expect(incompleteBeta(1, 2, 3)).toBe(1);
    expect(binomialCdf(-1, 5, 0.5)).toBe(0);
    expect(binomialCdf(5, 5, 0.5)).toBe(1);
    expect(studentTwoSided(0, 4)).toBe(1);
    expect(studentTwoSided(Infinity, 4)).toBe(0);
    expect(studentTwoSided(NaN, 4)).toBeNaN();
  });
});
