// Stopping as soon as the answer is in: O'Brien–Fleming limits at five looks, with futility. Error rates: docs/statistics.md.
import { normalCdf, studentQuantile } from './distributions.ts';
import type { Estimate } from './interval.ts';
import { meanOf, sdOf } from './moments.ts';

/** Share of the rows at each look, and the limit of |z| there; together they are wrong in 5 % of runs without a difference. */
export const LOOKS: readonly { readonly share: number; readonly z: number }[] = [
  { share: 0.2, z: 4.562 },
  { share: 0.4, z: 3.226 },
  { share: 0.6, z: 2.634 },
  { share: 0.8, z: 2.281 },
  { share: 1, z: 2.04 },
];
/** Mean share of the rows that runs of 250 rows used: without a difference, and with one of half a standard deviation. */
export const ROWS_USED = { none: 0.78, large: 0.39 } as const;
/** First look at which a run may stop because the end would hardly show a difference. */
const FUTILE_FROM = 1;
const FUTILE_CHANCE = 0.1;
/** Distance in standard errors by which the true difference is assumed to be larger than the observed one. */
const OPTIMISM = 1.28;

export interface Look {
  /** Index in `LOOKS`. */
  readonly look: number;
  /** Rows looked at. */
  readonly rows: number;
  /** Mean difference with its interval by the limit of this look: the interval after stopping. */
  readonly estimate: Estimate;
  /** Studentized difference and its limit at this look. */
  readonly t: number;
  readonly limit: number;
  /** `different`: the limit is passed; `futile`: the end would hardly pass it; `continue`; `end`: the last look, not passed. */
  readonly verdict: 'different' | 'futile' | 'continue' | 'end';
}

/** Rows of each look for a run of `items` rows; looks with fewer than ten rows, or no more than the look before, are left out (0). */
export function rowsOfLooks(items: number): readonly number[] {
  let before = 0;
  return LOOKS.map(({ share }) => {
    const rows = share === 1 ? items : Math.round(items * share);
    if (rows < 10 && share < 1) return 0;
    if (rows <= before) return 0;
    before = rows;
    return rows;
  });
}

/** Judges the differences of the rows so far at a look. `items`: rows of the whole run. Null below two rows. */
export function lookAt(differences: ArrayLike<number>, look: number, items: number): Look | null {
  const rows = differences.length;
  const plan = LOOKS[look];
  if (rows < 2 || plan === undefined) return null;
  const mean = meanOf(differences);
  const se = sdOf(differences) / Math.sqrt(rows);
  const limit = limitOf(look, rows);
  const t = se === 0 ? (mean === 0 ? 0 : Math.sign(mean) * Infinity) : mean / se;
  const isLast = look === LOOKS.length - 1;
  const verdict =
    Math.abs(t) > limit
      ? 'different'
      : isLast
        ? 'end'
        : look >= FUTILE_FROM && isFutile(mean, se, rows, items)
          ? 'futile'
          : 'continue';
  return { look, rows, estimate: { value: mean, low: mean - limit * se, high: mean + limit * se }, t, limit, verdict };
}

/** Limit of |t| at a look (index in `LOOKS`) over this many rows, at least two. */
export function limitOf(look: number, rows: number): number {
  return tLimit(LOOKS[look]?.z ?? NaN, rows - 1);
}

/** Limit of a normal value as the quantile of Student's t with the same probability. */
function tLimit(z: number, df: number): number {
  return studentQuantile(normalCdf(z), df);
}

/** Tells whether the end would pass its limit in less than 10 % of runs, with a true difference of |d| + 1.28 se from here on. */
function isFutile(mean: number, se: number, rows: number, items: number): boolean {
  const rest = items - rows;
  if (rest <= 0 || se === 0) return false;
  const sd = se * Math.sqrt(rows);
  const size = Math.abs(mean);
  const limit = tLimit(LOOKS.at(-1)?.z ?? 2.04, items - 1);
  // The sum at the end: the present one, and the rest with the assumed difference.
  const expected = size * rows + (size + OPTIMISM * se) * rest;
  const needed = limit * sd * Math.sqrt(items);
  const chance = normalCdf((expected - needed) / (sd * Math.sqrt(rest)));
  return chance < FUTILE_CHANCE;
}
