import { studentQuantile, studentTwoSided } from './distributions.ts';
import { LEVEL, type Difference } from './interval.ts';
import { meanOf, rootSquares } from './moments.ts';

/**
 * Jackknife-t interval of a smooth figure such as RMSLE or F1 (not of a median). `whole`: the figure over all rows; `without`: the
 * figure with each row left out, n values. Null below three rows, or where a figure is not a number.
 */
export function jackknife(whole: number, without: ArrayLike<number>, level = LEVEL): Difference | null {
  const n = without.length;
  if (n < 3) return null;
  const se = Math.sqrt((n - 1) / n) * rootSquares(without, meanOf(without));
  if (!Number.isFinite(se) || !Number.isFinite(whole)) return null;
  const reach = studentQuantile((1 + level) / 2, n - 1) * se;
  const p = se === 0 ? (whole === 0 ? 1 : 0) : studentTwoSided(whole / se, n - 1);
  return { value: whole, low: whole - reach, high: whole + reach, p };
}
