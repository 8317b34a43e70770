// Histogram of the answers as numbers: width of the bars and scale of the axis.
import { RowCollector, type Bar, type Mark, type RowLines } from './rowLines.ts';

export interface NumberSpread {
  readonly scale: 'linear' | 'log';
  /** Rule that the width of the bars follows; it is rounded to a readable one. */
  readonly rule: 'freedman-diaconis' | 'sturges';
  readonly smallest: Mark;
  /** Middle number, the mean of both in the middle of an even number, with the rows nearest to it. */
  readonly median: Mark;
  readonly p95: Mark;
  readonly largest: Mark;
  readonly bars: readonly Bar[];
  /** Rows whose answer has no number. */
  readonly without: RowLines;
}

const MAX_BARS = 60;
/** Bars of one power of ten on a logarithmic axis; edges of these have two digits. */
const PER_DECADE = [1, 2, 3, 5, 10, 20] as const;
/** Skewness above which numbers crowd at one end of a linear axis, and span that makes a logarithmic one worthwhile. */
const SKEWED = 1;
const SPAN = 20;

/** Spread of numbers; `lines` holds the line of each, NaN stands for an answer without one. Null for no number at all. */
export function numberSpread(values: Float64Array, lines: readonly number[]): NumberSpread | null {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) return null;
  const where = (holds: (value: number) => boolean): RowLines => {
    const rows = new RowCollector();
    values.forEach((value, index) => {
      if (holds(value)) rows.add(lines[index] ?? 0);
    });
    return rows.rows();
  };
  const upper = sorted[sorted.length >> 1] ?? high;
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? high;
  const scale = low > 0 && high / low >= SPAN && skewness(sorted) > SKEWED ? 'log' : 'linear';
  const scaled = scale === 'log' ? sorted.map(Math.log10) : sorted;
  const { width, rule } = widthOf(scaled);
  const edges = scale === 'log' ? logEdges(low, high, width) : linearEdges(low, high, width);
  return {
    scale,
    rule,
    smallest: { value: low, rows: where((value) => value === low) },
    median: { value: quantile(sorted, 0.5), rows: where((value) => value === upper) },
    p95: { value: p95, rows: where((value) => value >= p95) },
    largest: { value: high, rows: where((value) => value === high) },
    bars: barsBetween(edges, values, lines),
    without: where(Number.isNaN),
  };
}

/** Width by Freedman and Diaconis, 2 · IQR / ∛n; by Sturges' number of bars where half of the numbers are the same. */
function widthOf(sorted: Float64Array): { readonly width: number; readonly rule: NumberSpread['rule'] } {
  const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const range = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  if (spread > 0 && Number.isFinite(spread))
    return { width: Math.max((2 * spread) / Math.cbrt(sorted.length), range / MAX_BARS), rule: 'freedman-diaconis' };
  return { width: range / (Math.ceil(Math.log2(sorted.length)) + 1), rule: 'sturges' };
}

/** Quantile of sorted values, interpolated between neighbors. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  const part = place - Math.floor(place);
  return low * (1 - part) + high * part;
}

function skewness(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const moment = (power: number): number =>
    values.reduce((sum, value) => sum + (value - mean) ** power / values.length, 0);
  const deviation = Math.sqrt(moment(2));
  return deviation === 0 || !Number.isFinite(deviation) ? 0 : moment(3) / deviation ** 3;
}

/** Edges have twelve digits: bars are no narrower than this share of the largest number. */
const FINEST = 1e-10;

/** Multiples of a width of 1, 2 or 5 times a power of ten, the nearest that makes no more than `MAX_BARS`. */
function linearEdges(low: number, high: number, wanted: number): readonly number[] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const step =
    wanted > 0 && Number.isFinite(wanted)
      ? niceWidth(Math.max(wanted, size * FINEST), high - low)
      : niceWidth(size / 10 || 1, 0);
  // A quotient such as 0.3 / 0.1 is a little less than the whole number it is meant to be.
  const place = (value: number): number => Math.floor(value / step + 1e-9);
  const [first, last] = [place(low), place(high)];
  return Array.from({ length: last - first + 2 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function niceWidth(wanted: number, range: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const steps = [1, 2, 5, 10, 20, 50].map((step) => step * power).filter((step) => range / step <= MAX_BARS);
  const [first = wanted, ...others] = steps;
  const distance = (step: number): number => Math.abs(Math.log(step / wanted));
  return others.reduce((best, step) => (distance(step) < distance(best) ? step : best), first);
}

/** Preferred numbers of two digits: `1, 1.6, 2.5, 4, 6.3, 10` for five bars a power of ten; several powers a bar where they are many. */
function logEdges(low: number, high: number, wanted: number): readonly number[] {
  // The quotient of the two may be infinite.
  const decades = Math.log10(high) - Math.log10(low);
  const possible = PER_DECADE.filter((per) => decades * per <= MAX_BARS);
  const per = possible.reduce<number>(
    (best, next) => (Math.abs(Math.log(next * wanted)) < Math.abs(Math.log(best * wanted)) ? next : best),
    1 / Math.ceil(decades / MAX_BARS),
  );
  const edge = (place: number): number => Number((10 ** (place / per)).toPrecision(2));
  let place = Math.floor(Math.log10(low) * per) + 1;
  while (edge(place) > low) place -= 1;
  const edges = [edge(place)];
  while ((edges.at(-1) ?? Infinity) <= high) {
    place += 1;
    edges.push(edge(place));
  }
  return edges;
}

function barsBetween(edges: readonly number[], values: Float64Array, lines: readonly number[]): readonly Bar[] {
  const rows = edges.slice(1).map(() => new RowCollector());
  values.forEach((value, index) => {
    if (!Number.isNaN(value)) rows[barOf(edges, value)]?.add(lines[index] ?? 0);
  });
  return rows.map((collected, index) => ({
    from: edges[index] ?? 0,
    to: edges[index + 1] ?? 0,
    rows: collected.rows(),
  }));
}

/** Last bar that begins at or below the value. */
function barOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((edges[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
