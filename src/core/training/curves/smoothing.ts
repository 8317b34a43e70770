/**
 * Exponential moving average as TensorBoard and W&B define their "EMA", debiased so that the first points are not pulled to zero:
 * `last = last·w + (1−w)·y; n += 1; out = last / (1 − wⁿ)`.
 *
 * Non-finite points pass through and leave the average alone. A constant series is returned as it is (the formula would change its last
 * digits). With weight 1 there is no debiasing: the average stays at 0, as in those tools.
 *
 * @param values one value a point, in order.
 * @param weight 0 (no smoothing) … 1.
 * @returns a new array of the same length.
 * @throws RangeError when the weight is not within 0 … 1.
 */
export function ema(values: ArrayLike<number>, weight: number): Float64Array {
  if (!(weight >= 0 && weight <= 1)) throw new RangeError(`An EMA weight lies within 0 and 1, this one is ${weight}.`);
  const smoothed = Float64Array.from(values);
  if (weight === 0 || isConstant(values)) return smoothed;
  let last = 0;
  let remaining = 1; // wⁿ
  for (let i = 0; i < smoothed.length; i++) {
    const value = smoothed[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    last = last * weight + (1 - weight) * value;
    remaining *= weight;
    smoothed[i] = weight === 1 ? last : last / (1 - remaining);
  }
  return smoothed;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
