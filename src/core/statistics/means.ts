// Intervals for means. Which method serves which number, and how often each interval holds the truth: docs/statistics.md.
import { binomialCdf, studentQuantile, studentTwoSided } from './distributions.ts';
import { LEVEL, type Difference, type Estimate } from './interval.ts';
import { meanOf, sdOf, skewnessOf, sorted, rootSquares } from './moments.ts';

/** Student's t for the mean of paired differences; null below two values. */
export function studentMean(values: ArrayLike<number>, level = LEVEL): Difference | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = meanOf(values);
  const se = sdOf(values) / Math.sqrt(n);
  const reach = studentQuantile((1 + level) / 2, n - 1) * se;
  return { value: mean, low: mean - reach, high: mean + reach, p: pOf(mean, se, n - 1) };
}

/** Two-sided p-value of a mean; differences that are all equal are certain unless they are all zero. */
function pOf(mean: number, se: number, df: number): number {
  if (se === 0) return mean === 0 ? 1 : 0;
  return studentTwoSided(mean / se, df);
}

/** Below this coefficient Hall's transformation is Student's t to the last digit that matters; the closed form would divide by it. */
const NO_SKEW = 1e-9;

/**
 * Hall's interval for the mean of skewed values such as absolute errors (Hall 1992, the monotone cubic transformation of the
 * studentized mean); null below two values.
 */
export function hallMean(values: ArrayLike<number>, level = LEVEL): Estimate | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = meanOf(values);
  const se = sdOf(values) / Math.sqrt(n);
  const c = skewnessOf(values) / Math.sqrt(n);
  const q = studentQuantile((1 + level) / 2, n - 1);
  return { value: mean, low: mean - se * unskewed(q, c), high: mean - se * unskewed(-q, c) };
}

function unskewed(u: number, c: number): number {
  return Math.abs(c) < NO_SKEW ? u : (3 / c) * (Math.cbrt(1 + c * (u - c / 6)) - 1);
}

/** Share cut off at each end. */
const TRIM = 0.1;

/** 10 % trimmed mean by Yuen, the typical value that a few extreme rows cannot move; null below three values that are left. */
export function trimmedMean(values: ArrayLike<number>, level = LEVEL): Difference | null {
  const n = values.length;
  const k = Math.floor(n * TRIM);
  const df = n - 2 * k - 1;
  if (df < 1) return null;
  const order = sorted(values);
  const mean = meanOf(order.subarray(k, n - k));
  const winsorized = Float64Array.from(order);
  winsorized.fill(order[k] ?? 0, 0, k);
  winsorized.fill(order[n - k - 1] ?? 0, n - k);
  const sd = rootSquares(winsorized) / Math.sqrt(n - 1);
  const se = sd / ((1 - (2 * k) / n) * Math.sqrt(n));
  const reach = studentQuantile((1 + level) / 2, df) * se;
  return { value: mean, low: mean - reach, high: mean + reach, p: pOf(mean, se, df) };
}

/** Median with the interval of order statistics; null where no two ranks hold the level (below six values at 95 %). */
export function medianInterval(values: ArrayLike<number>, level = LEVEL): Estimate | null {
  const n = values.length;
  const k = lowerRank(n, level);
  if (k < 1) return null;
  const order = sorted(values);
  const upper = order[n >> 1] ?? NaN;
  const lower = order[(n - 1) >> 1] ?? NaN;
  return { value: lower + (upper - lower) / 2, low: order[k - 1] ?? NaN, high: order[n - k] ?? NaN };
}

/** Rank k, from 1, of the lower end; the upper end has rank n + 1 − k. 0: no interval. */
export function lowerRank(n: number, level = LEVEL): number {
  const tail = (1 - level) / 2;
  let k = Math.max(0, Math.floor(n / 2 - 2 * Math.sqrt(n)) - 2);
  while (binomialCdf(k, n, 0.5) <= tail) k++;
  return k;
}
