// How many items a run needs. The difference that matters is named beforehand; from an observed difference the number would be two to fifty times too large.
import { normalQuantile } from './distributions.ts';
import { type Estimate } from './interval.ts';
import { studentMean } from './means.ts';

const POWER = 0.8;

/** Items needed to see a mean difference of `difference` in 80 of 100 runs, given the standard deviation of the paired differences. */
export function itemsToSee(sd: number, difference: number): number {
  return Math.ceil((((normalQuantile(0.975) + normalQuantile(POWER)) * sd) / difference) ** 2);
}

/** Strictness of a test that something is equal: share of runs in which it shall succeed, and one-sided error rate. */
interface Strictness {
  readonly power?: number;
  readonly alpha?: number;
}

/** Items needed to show that two equal contestants are equal to within ± `margin`; in 80 of 100 runs, at 5 %, unless said otherwise. */
export function itemsToEqual(sd: number, margin: number, { power = POWER, alpha = 0.05 }: Strictness = {}): number {
  return Math.ceil((((normalQuantile(1 - alpha) + normalQuantile((1 + power) / 2)) * sd) / margin) ** 2);
}

/** Items needed to show that a mean whose true value is zero lies below `margin`. */
export function itemsToBound(sd: number, margin: number, { power = POWER, alpha = 0.05 }: Strictness = {}): number {
  return Math.ceil((((normalQuantile(1 - alpha) + normalQuantile(power)) * sd) / margin) ** 2);
}

/** Range that the estimated number of items is in most of the time, given the uncertainty of its standard deviation. */
export function itemsRange(items: number): { readonly from: number; readonly to: number } {
  return { from: Math.ceil(items / 1.6), to: Math.ceil(items / 0.6) };
}

/** 90 % interval of a mean difference: equal to within ±margin when it lies inside; null below two values. */
export function equivalenceInterval(differences: ArrayLike<number>): Estimate | null {
  return studentMean(differences, 0.9);
}

/** Smallest margin within which the contestants are shown to be equal; null below two values. */
export function equalWithin(differences: ArrayLike<number>): number | null {
  const interval = equivalenceInterval(differences);
  return interval && Math.max(Math.abs(interval.low), Math.abs(interval.high));
}
