// Figures of the loss chart: its lines, their ranges and the values under the pointer. Draws nothing.
import { lowerBound, minMaxIndices } from '../../src/core/training/curves/thinning.ts';
import type { XY } from './chartSetup.ts';
import type { SeriesView } from '../../src/core/training/curves/columns.ts';
import type { Range } from './viewport.ts';

export type SeriesRole = 'train' | 'valid' | 'full';

export interface LossSeries {
  readonly role: SeriesRole;
  readonly label: string;
  readonly series: SeriesView;
}

export interface ReadOut {
  readonly role: SeriesRole;
  readonly step: number;
  readonly raw: number;
  readonly smoothed: number;
}

/** Steps the x axis shows at least. */
const MIN_STEPS = 5;

/** Steps of all lines together, in steps of the job. */
export function extentOf(lines: readonly LossSeries[]): Range {
  const last = Math.max(0, ...lines.map(({ series }) => series.xs[series.length - 1] ?? 0));
  const first = Math.min(0, ...lines.map(({ series }) => series.xs[0] ?? 0));
  // A first point or two would lie on the edge.
  return { from: first, to: Math.max(last, first + MIN_STEPS) };
}

/** Points of a line that `width` pixel columns can show; `ys` are its raw or smoothed values. */
export function pointsOf(series: SeriesView, ys: Float64Array, shown: Range, width: number): XY[] {
  const points: XY[] = [];
  for (const index of minMaxIndices(series.xs, ys, series.length, shown.from, shown.to, width)) {
    points.push({ x: series.xs[index] ?? 0, y: ys[index] ?? 0 });
  }
  return points;
}

/** The y axis for these values; a bound that is set stays. */
export function yRangeOf(
  values: readonly number[],
  bounds: { readonly yMin: number | null; readonly yMax: number | null },
): Range {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = [0, 1];
  // From 0 unless that would flatten the curve: then a little air on both sides.
  const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  const from = bounds.yMin ?? (low >= 0 && low < high / 2 ? 0 : low - air);
  const to = bounds.yMax ?? high + air;
  return to > from ? { from, to } : { from, to: from + 1 };
}

/** Number of points among the shown steps that lie above or below the y axis. */
export function countOutside(lines: readonly LossSeries[], shown: Range, y: Range): number {
  let outside = 0;
  for (const { series } of lines) {
    const end = lowerBound(series.xs, series.length, shown.to, true);
    for (let i = lowerBound(series.xs, series.length, shown.from); i < end; i++) {
      const value = series.ys[i] ?? 0;
      if (value < y.from || value > y.to) outside += 1;
    }
  }
  return outside;
}

/** The point of each line nearest to x. `smooth` gives a line's smoothed values. */
export function readOutAt(
  lines: readonly LossSeries[],
  x: number,
  smooth: (series: SeriesView) => Float64Array,
): readonly ReadOut[] {
  return lines.flatMap(({ role, series }) => {
    if (series.length === 0) return [];
    const right = Math.min(series.length - 1, lowerBound(series.xs, series.length, x));
    const left = Math.max(0, right - 1);
    const near = x - (series.xs[left] ?? 0) < (series.xs[right] ?? 0) - x ? left : right;
    const raw = series.ys[near] ?? 0;
    return [
      {
        role,
        step: series.xs[near] ?? 0,
        raw,
        smoothed: role === 'full' ? raw : (smooth(series)[near] ?? raw),
      },
    ];
  });
}
