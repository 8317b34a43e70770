/** Mean of the values; NaN when there are none. Computed in two passes: exact also for values of very different sizes. */
export function meanOf(values: ArrayLike<number>): number {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] ?? 0;
  const mean = sum / n;
  if (!Number.isFinite(mean)) return scaledMean(values);
  let rest = 0;
  for (let i = 0; i < n; i++) rest += (values[i] ?? 0) - mean;
  return mean + rest / n;
}

/** Mean of finite values whose plain sum is too large for a number. */
function scaledMean(values: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += (values[i] ?? 0) / values.length;
  return mean;
}

/** Sum of the squared deviations from the mean. */
export function squaredDeviations(values: ArrayLike<number>, mean = meanOf(values)): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] ?? 0) - mean) ** 2;
  return sum;
}

/** Sample standard deviation (divisor n − 1); NaN below two values. */
export function sdOf(values: ArrayLike<number>): number {
  return values.length < 2 ? NaN : Math.sqrt(squaredDeviations(values) / (values.length - 1));
}

/** Skewness by population moments; 0 where all values are equal. */
export function skewnessOf(values: ArrayLike<number>): number {
  const n = values.length;
  const mean = meanOf(values);
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < n; i++) {
    const d = (values[i] ?? 0) - mean;
    squares += d * d;
    cubes += d * d * d;
  }
  if (squares === 0) return 0;
  return cubes / n / (squares / n) ** 1.5;
}

/** Values in ascending order, in an array of their own. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** Median of the values; NaN when there are none. */
export function medianOf(values: ArrayLike<number>): number {
  const order = sorted(values);
  const n = order.length;
  if (n === 0) return NaN;
  const upper = order[n >> 1] ?? 0;
  if (n % 2 === 1) return upper;
  const lower = order[(n >> 1) - 1] ?? 0;
  return lower + (upper - lower) / 2;
}
