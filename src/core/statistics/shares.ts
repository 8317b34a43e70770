// Intervals and tests for shares (hits of one contestant, and of two over the same rows).
import { binomialDensity, incompleteBeta, normalQuantile } from './distributions.ts';
import { LEVEL, type Estimate } from './interval.ts';

/** Wilson's score interval for `hits` of `n`; null without trials. */
export function wilson(hits: number, n: number, level = LEVEL): Estimate | null {
  if (n === 0) return null;
  const z = normalQuantile((1 + level) / 2);
  const share = hits / n;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const reach = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { value: share, low: hits === 0 ? 0 : middle - reach, high: hits === n ? 1 : middle + reach };
}

/** Discordant pairs: rows that only the first contestant hits, and rows that only the second one hits. */
export interface Discordant {
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/** McNemar's exact p-value, two-sided. */
export function mcnemarExact({ onlyFirst, onlySecond }: Discordant): number {
  const n = onlyFirst + onlySecond;
  return n === 0 ? 1 : Math.min(1, 2 * lowerTail(Math.min(onlyFirst, onlySecond), n));
}

/** McNemar's mid-p: like the exact one with half the probability of the observed table; the exact one is timid. */
export function mcnemarMidP({ onlyFirst, onlySecond }: Discordant): number {
  const n = onlyFirst + onlySecond;
  if (n === 0) return 1;
  const least = Math.min(onlyFirst, onlySecond);
  const observed = binomialDensity(least, n, 0.5);
  // With equally many on both sides the two tails overlap in the observed table, which counts once.
  return onlyFirst === onlySecond ? 1 - observed / 2 : 2 * lowerTail(least, n) - observed;
}

function lowerTail(k: number, n: number): number {
  return k >= n ? 1 : incompleteBeta(0.5, n - k, k + 1);
}

/** Tango's score interval for the difference of paired shares (first − second) over `n` rows; null without rows. */
export function tango({ onlyFirst, onlySecond }: Discordant, n: number, level = LEVEL): Estimate | null {
  if (n === 0) return null;
  const z = normalQuantile((1 + level) / 2);
  const value = (onlyFirst - onlySecond) / n;
  const score = (difference: number): number => {
    const a = 2 * n;
    const b = -onlyFirst - onlySecond + (2 * n - onlyFirst + onlySecond) * difference;
    const c = -onlySecond * difference * (1 - difference);
    const q21 = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
    const variance = n * (2 * q21 + difference * (1 - difference));
    const distance = onlyFirst - onlySecond - n * difference;
    if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Infinity;
    return distance / Math.sqrt(variance);
  };
  return {
    value,
    low: edge((difference) => score(difference) > z, -1, value),
    high: edge((difference) => score(difference) >= -z, value, 1),
  };
}

/** Finds where `above` turns from true to false between `low` and `high`. */
function edge(above: (at: number) => boolean, low: number, high: number): number {
  if (!above(low)) return low;
  if (above(high)) return high;
  let from = low;
  let to = high;
  for (let i = 0; i < 100; i++) {
    const middle = (from + to) / 2;
    if (above(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/** Bonett and Price's closed form of the interval of a paired difference; null without rows. */
export function bonettPrice({ onlyFirst, onlySecond }: Discordant, n: number, level = LEVEL): Estimate | null {
  if (n === 0) return null;
  const z = normalQuantile((1 + level) / 2);
  const first = (onlyFirst + 1) / (n + 2);
  const second = (onlySecond + 1) / (n + 2);
  const reach = z * Math.sqrt((first + second - (first - second) ** 2) / (n + 2));
  const middle = first - second;
  return { value: (onlyFirst - onlySecond) / n, low: middle - reach, high: middle + reach };
}
