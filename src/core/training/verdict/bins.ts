/** Most bins of a curve. */
const MOST_BINS = 60;
/** Neighbors on either side that decide what is an outlier. */
const NEIGHBORS = 3;
/** Standard deviations beyond which a bin is pulled in; 1.4826 turns a median deviation into one. */
const CLIP = 3 * 1.4826;

/** Points of a series that a verdict counts: finite, in the order of their steps. */
export interface Points {
  readonly steps: Float64Array;
  readonly values: Float64Array;
}

/** Bins of a curve on the scale on which it is fitted. */
export interface Bins {
  /** Clipped means of equal numbers of points, square roots of them where `rooted`, less their mean; 13 … 60 of them. */
  readonly centered: Float64Array;
  /** Mean of the binned roots (of the bins where not `rooted`) before clipping, in units of the largest value. */
  readonly level: number;
  readonly rooted: boolean;
}

/**
 * Takes the finite points of a series, in the order of their steps; points of the same step keep theirs. Copies only what is out of
 * order or has gaps.
 */
export function finitePoints(steps: ArrayLike<number>, values: ArrayLike<number>): Points {
  const n = Math.min(steps.length, values.length);
  let count = 0;
  let ordered = true;
  let last = -Infinity;
  for (let i = 0; i < n; i++) {
    const step = steps[i] ?? NaN;
    if (!Number.isFinite(step) || !Number.isFinite(values[i] ?? NaN)) continue;
    if (step < last) ordered = false;
    last = step;
    count++;
  }
  if (count === n && ordered && steps instanceof Float64Array && values instanceof Float64Array)
    return { steps: steps.subarray(0, n), values: values.subarray(0, n) };
  const order = new Uint32Array(count);
  for (let i = 0, at = 0; i < n; i++)
    if (Number.isFinite(steps[i] ?? NaN) && Number.isFinite(values[i] ?? NaN)) order[at++] = i;
  if (!ordered) order.sort((a, b) => (steps[a] ?? 0) - (steps[b] ?? 0) || a - b);
  // Loops: `Float64Array.from` would call a function for each point.
  const found = { steps: new Float64Array(count), values: new Float64Array(count) };
  for (let at = 0; at < count; at++) {
    const i = order[at] ?? 0;
    found.steps[at] = steps[i] ?? 0;
    found.values[at] = values[i] ?? 0;
  }
  return found;
}

/** Means of equal runs of points, 60 at most: bin i of m has the points ⌊i·n/m⌋ … ⌊(i+1)·n/m⌋ − 1. The only pass over all points. */
export function binned(values: Float64Array): Bins {
  const n = values.length;
  const m = Math.min(n, MOST_BINS);
  let largest = 0;
  let lowest = Infinity;
  for (let i = 0; i < n; i++) {
    const value = values[i] ?? 0;
    const size = Math.abs(value);
    if (size > largest) largest = size;
    if (value < lowest) lowest = value;
  }
  // A power of two: no verdict may depend on the unit of the losses, and no sum or square may leave the range of numbers.
  const unit = powerOfTwo(largest);
  const rooted = lowest >= 0;
  const bins = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    const from = Math.floor((i * n) / m);
    const end = Math.floor(((i + 1) * n) / m);
    let sum = 0;
    for (let j = from; j < end; j++) sum += (values[j] ?? 0) / unit;
    const mean = sum / (end - from);
    bins[i] = rooted ? Math.sqrt(mean) : mean;
  }
  const level = meanOf(bins);
  const centered = clipped(bins);
  const mean = meanOf(centered);
  for (let i = 0; i < m; i++) centered[i] = (centered[i] ?? 0) - mean;
  return { centered, level, rooted };
}

function powerOfTwo(size: number): number {
  if (size === 0) return 1;
  // The smallest numbers have no quotient by their own size.
  return 2 ** Math.min(1023, Math.max(-1021, Math.floor(Math.log2(size))));
}

/** Pulls each bin to within three standard deviations of the median of its neighbors, itself included; fewer at the ends. */
function clipped(bins: Float64Array): Float64Array {
  const medians = bins.map((_, i) => middle(bins.slice(Math.max(0, i - NEIGHBORS), i + NEIGHBORS + 1).sort()));
  const reach = CLIP * middle(bins.map((bin, i) => Math.abs(bin - (medians[i] ?? 0))).sort());
  return bins.map((bin, i) => Math.min((medians[i] ?? 0) + reach, Math.max((medians[i] ?? 0) - reach, bin)));
}

function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
