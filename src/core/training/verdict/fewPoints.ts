import type { Points } from './bins.ts';
import type { BestPoint, Better, Turn, Verdict } from './verdict.ts';

/** Most points for which this table is used instead of the shapes. */
export const FEW_POINTS = 12;

/** Ratio that 5 % of flat curves exceed, for 5 … 12 points (40,000 simulated curves each, Gaussian noise). */
const LIMITS = [28.4, 10.1, 5.7, 3.9, 3.2, 2.7, 2.4, 2.2] as const;
const FEWEST = 5;
/** Standard errors that the slope after a knee must exceed: a level end has a slope as well, up or down by chance. */
const LEAST_ERRORS = 3;
/** Share of a series' squares below which a rest is rounding. */
const ROUNDING = 1e-12;

interface Piece {
  /** Index of the point at the knee; null: the straight line. */
  readonly knee: number | null;
  /** Slope before the knee and after it, a point. */
  readonly slopes: readonly [number, number];
  /** Standard error of the slope after the knee. */
  readonly lastError: number;
  /** Rest of the variance. */
  readonly variance: number;
}

/**
 * Judges a series of at most twelve points, such as the full validation of every epoch: the best of the straight line and two lines that
 * meet at an inner point, claimed when it explains enough and its last piece has a direction beyond chance. Four points or fewer allow no claim.
 */
export function fewPoints({ steps, values }: Points, best: BestPoint | null, better: Better): Verdict {
  const n = values.length;
  const none: Verdict = {
    code: 'few-points',
    clearly: false,
    since: null,
    settled: null,
    bound: null,
    points: n,
    first: steps[0] ?? null,
    best,
    evidence: null,
  };
  const limit = LIMITS[n - FEWEST];
  if (limit === undefined) return none;
  const y = scaled(values, better);
  const total = sumOfSquares(y);
  const before = total / (n - 1);
  if (before === 0) return none;
  let chosen = straight(y);
  for (let knee = 1; knee < n - 1; knee++) {
    const piece = bent(y, knee);
    if (piece.variance < chosen.variance) chosen = piece;
  }
  const ratio = before / Math.max(chosen.variance, ROUNDING * before);
  const evidence = {
    bins: 0,
    rooted: false,
    correlation: 0,
    trend: ratio,
    trendLimit: limit,
    slope: null,
    slopeLimit: null,
    strict: null,
    strictLimit: Infinity,
    knee: chosen.knee === null ? null : (chosen.knee + 1) / n,
  };
  const [first, last] = chosen.slopes;
  const isTold = chosen.knee === null || Math.abs(last) > LEAST_ERRORS * chosen.lastError;
  if (!(ratio > limit) || last === 0 || !isTold) return { ...none, evidence };
  if (last < 0) {
    const settled: Turn | null = first < 0 ? { step: steps[doneAt(y)] ?? 0, between: null } : null;
    return { ...none, code: 'improving', settled, evidence };
  }
  const knee: Turn = { step: steps[chosen.knee ?? 0] ?? 0, between: null };
  const settled = chosen.knee !== null && first < 0 ? knee : null;
  const start: Turn = { step: steps[0] ?? 0, between: null };
  return { ...none, code: 'worse', since: settled ?? start, settled, evidence };
}

/**
 * Index of the first point at which 95 % of the fall is done, on the falling steps next to the values (isotonic regression): the two
 * pieces tell whether it falls, but a fall that slows down bends away from them.
 */
function doneAt(y: Float64Array): number {
  const fallen = falling(y);
  const [start, end] = [fallen[0] ?? 0, fallen.at(-1) ?? 0];
  return fallen.findIndex((value) => value <= start - 0.95 * (start - end) + ROUNDING);
}

/** The never-rising values that are nearest to `y` in their squares (pool adjacent violators). */
function falling(y: Float64Array): readonly number[] {
  const runs: { sum: number; count: number }[] = [];
  for (const value of y) {
    let run = { sum: value, count: 1 };
    for (let last = runs.at(-1); last && last.sum / last.count < run.sum / run.count; last = runs.at(-1)) {
      run = { sum: last.sum + run.sum, count: last.count + run.count };
      runs.pop();
    }
    runs.push(run);
  }
  return runs.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count));
}

/** Values less their mean in units of the largest, turned so that better is lower. */
function scaled(values: Float64Array, better: Better): Float64Array {
  const largest = values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  if (largest === 0) return new Float64Array(values.length);
  const unit = better === 'lower' ? largest : -largest;
  const y = values.map((value) => value / unit);
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  return y.map((value) => (Math.abs(value - mean) < ROUNDING ? 0 : value - mean));
}

function sumOfSquares(y: Float64Array): number {
  return y.reduce((sum, value) => sum + value * value, 0);
}

function straight(y: Float64Array): Piece {
  const n = y.length;
  const times = y.map((_, i) => i - (n - 1) / 2);
  const slope = products(times, y) / sumOfSquares(times);
  const rest = y.reduce((sum, value, i) => sum + (value - slope * (times[i] ?? 0)) ** 2, 0);
  const variance = rest / (n - 2);
  return { knee: null, slopes: [slope, slope], lastError: Math.sqrt(variance / sumOfSquares(times)), variance };
}

function bent(y: Float64Array, knee: number): Piece {
  const n = y.length;
  const times = centered(y.map((_, i) => i));
  const after = centered(y.map((_, i) => Math.max(i - knee, 0)));
  const [tt, ta, aa] = [sumOfSquares(times), products(times, after), sumOfSquares(after)];
  const [ty, ay] = [products(times, y), products(after, y)];
  const determinant = tt * aa - ta * ta;
  const slope = (aa * ty - ta * ay) / determinant;
  const change = (tt * ay - ta * ty) / determinant;
  const rest = y.reduce((sum, value, i) => sum + (value - slope * (times[i] ?? 0) - change * (after[i] ?? 0)) ** 2, 0);
  const variance = rest / (n - 3);
  const lastError = Math.sqrt((variance * (aa + tt - 2 * ta)) / determinant);
  return { knee, slopes: [slope, slope + change], lastError, variance };
}

function centered(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function products(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
