// Smoothing as the charting tools define it. Every function returns a new array, leaves its input alone, and returns a series
// whose values are all equal as it is: the formulas would change its last digits.

import { gaussian } from './gaussian.ts';

export const SMOOTHINGS = ['none', 'ema', 'time-ema', 'gaussian', 'average'] as const;
export type Smoothing = (typeof SMOOTHINGS)[number];

/** Length of the x axis in the units of `timeEma`; W&B does not publish its own, 1000 fits its pictures. */
const TIME_SCALE = 1000;

/**
 * Smooths a series.
 *
 * @param amount weight 0 … 1 of the two EMAs; standard deviation in points of the Gaussian; number of points of the average.
 * @param range length of the whole x axis, in units of x; read by the time-weighted EMA only.
 */
export function smooth(
  kind: Smoothing,
  amount: number,
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  range: number,
): Float64Array<ArrayBuffer> {
  switch (kind) {
    case 'none':
      return new Float64Array(ys);
    case 'ema':
      return ema(ys, amount);
    case 'time-ema':
      return timeEma(xs, ys, amount, range);
    case 'gaussian':
      return gaussian(ys, amount);
    case 'average':
      return average(ys, amount);
  }
}

/**
 * Exponential moving average as TensorBoard and W&B define their "EMA", debiased so that the first points are not pulled to zero:
 * `last = last·w + (1−w)·y; n += 1; out = last / (1 − wⁿ)`.
 *
 * Non-finite points pass through and leave the average alone. With weight 1 there is no debiasing: the average stays at 0, as in those
 * tools.
 *
 * @param values one value a point, in order.
 * @param weight 0 (no smoothing) … 1.
 * @returns a new array of the same length.
 * @throws RangeError when the weight is not within 0 … 1.
 */
export function ema(values: ArrayLike<number>, weight: number): Float64Array<ArrayBuffer> {
  checkWeight(weight);
  const smoothed = new Float64Array(values);
  if (weight > 0 && !isConstant(values)) continueEma(values, smoothed, 0, values.length, weight, startOfAverage());
  return smoothed;
}

/**
 * Time-weighted EMA, W&B's default: the weight of what came before shrinks with the distance in x, so that unevenly spaced points are
 * smoothed evenly. For each point `Δx = (x[i] − x[i−1]) / range · 1000; wa = min(√w, 0.999)^Δx; last = last·wa + y;
 * deb = deb·wa + 1; out = last / deb`.
 *
 * Non-finite points pass through and leave the average alone; `Δx` then reaches back to the last finite point.
 *
 * @param xs ascending, as long as `ys`.
 * @param ys one value a point.
 * @param weight 0 (no smoothing) … 1.
 * @param range length of the whole x axis, in units of x, above 0. A fixed one keeps the line still while points arrive.
 * @returns a new array of the same length.
 * @throws RangeError when the weight is not within 0 … 1 or the range is not above 0.
 */
export function timeEma(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  weight: number,
  range: number,
): Float64Array<ArrayBuffer> {
  checkWeight(weight);
  if (!(range > 0))
    throw new RangeError(`The x axis of a time-weighted EMA has a length above 0, this one is ${range}.`);
  const smoothed = new Float64Array(ys);
  if (weight > 0 && !isConstant(ys)) continueTimeEma(xs, ys, smoothed, 0, ys.length, weight, range, startOfAverage());
  return smoothed;
}

/**
 * Running average: the mean of the `points` values around each one, `⌊(points − 1) / 2⌋` before it and `⌊points / 2⌋` after it. At the
 * ends, of those of them that exist. Non-finite points pass through and count in no mean.
 *
 * Sums are taken from the edges of blocks and never subtracted, so that one huge value leaves no trace behind it.
 *
 * @param points width of the box, rounded; 1 and less smooth nothing.
 * @returns a new array of the same length.
 */
export function average(values: ArrayLike<number>, points: number): Float64Array<ArrayBuffer> {
  const smoothed = new Float64Array(values);
  const length = smoothed.length;
  const width = Math.min(Math.round(points), 2 * length + 1);
  if (!(width > 1) || isConstant(values)) return smoothed;
  // Sum and number of the values from the begin of a block to a place, and from a place to the end of its block.
  const [before, beforeCount] = [new Float64Array(length), new Uint32Array(length)];
  const [after, afterCount] = [new Float64Array(length), new Uint32Array(length)];
  for (let i = 0, sum = 0, count = 0; i < length; i++) {
    if (i % width === 0) sum = count = 0;
    const value = values[i] ?? Number.NaN;
    if (Number.isFinite(value)) {
      sum += value;
      count += 1;
    }
    before[i] = sum;
    beforeCount[i] = count;
  }
  for (let i = length - 1, sum = 0, count = 0; i >= 0; i--) {
    if ((i + 1) % width === 0) sum = count = 0;
    const value = values[i] ?? Number.NaN;
    if (Number.isFinite(value)) {
      sum += value;
      count += 1;
    }
    after[i] = sum;
    afterCount[i] = count;
  }
  const [left, right] = [Math.floor((width - 1) / 2), Math.floor(width / 2)];
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i])) continue;
    const from = Math.max(0, i - left);
    const to = Math.min(length - 1, i + right);
    // A window touches two blocks at most: the end of one and the begin of the next.
    const [first, last] = [Math.floor(from / width), Math.floor(to / width)];
    let sum = after[from] ?? 0;
    let count = afterCount[from] ?? 0;
    if (first !== last) {
      sum += before[to] ?? 0;
      count += beforeCount[to] ?? 0;
    } else if (from % width === 0) {
      // It begins with the block. Otherwise it is cut off by the end of the series, and the sum above is all of it.
      sum = before[to] ?? 0;
      count = beforeCount[to] ?? 0;
    }
    smoothed[i] = sum / count;
  }
  return smoothed;
}

/** Continued by `continueEma` and `continueTimeEma`; changed by them. */
export interface AverageState {
  last: number;
  /** Weight that is not in `last` yet (EMA): wⁿ. Sum of the weights in it (time-weighted). */
  weights: number;
  /** Place of the last finite point, NaN before it. */
  x: number;
}

export function startOfAverage(): AverageState {
  return { last: 0, weights: Number.NaN, x: Number.NaN };
}

/** Writes `smoothed[from … to)` of an EMA and moves `state` behind it. */
export function continueEma(
  values: ArrayLike<number>,
  smoothed: Float64Array,
  from: number,
  to: number,
  weight: number,
  state: AverageState,
): void {
  let { last } = state;
  let remaining = Number.isNaN(state.weights) ? 1 : state.weights;
  const share = 1 - weight;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      smoothed[i] = value;
      continue;
    }
    last = last * weight + share * value;
    remaining *= weight;
    smoothed[i] = weight === 1 ? last : last / (1 - remaining);
    // Below this 1 − wⁿ is 1, and smaller numbers would be denormal, which are slow.
    if (remaining < 1e-300) remaining = 0;
  }
  state.last = last;
  state.weights = remaining;
}

/** Writes `smoothed[from … to)` of a time-weighted EMA and moves `state` behind it. */
export function continueTimeEma(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  smoothed: Float64Array,
  from: number,
  to: number,
  weight: number,
  range: number,
  state: AverageState,
): void {
  const base = Math.min(Math.sqrt(weight), 0.999);
  let { last, x: before } = state;
  let weights = Number.isNaN(state.weights) ? 0 : state.weights;
  // Points are evenly spaced most of the time: the power is taken again only when the distance changes.
  let distance = Number.NaN;
  let factor = 1;
  for (let i = from; i < to; i++) {
    const y = ys[i] ?? Number.NaN;
    if (!Number.isFinite(y)) {
      smoothed[i] = y;
      continue;
    }
    const x = xs[i] ?? Number.NaN;
    const delta = Number.isNaN(before) ? 0 : x - before;
    if (delta !== distance) {
      distance = delta;
      factor = base ** ((delta / range) * TIME_SCALE);
    }
    last = last * factor + y;
    weights = weights * factor + 1;
    smoothed[i] = last / weights;
    before = x;
  }
  state.last = last;
  state.weights = weights;
  state.x = before;
}

export function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

export function checkWeight(weight: number): void {
  if (!(weight >= 0 && weight <= 1)) throw new RangeError(`An EMA weight lies within 0 and 1, this one is ${weight}.`);
}
