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

/** Root of the sum of the squared deviations from the mean, computed so that no square is too large for a number. */
export function rootSquares(values: ArrayLike<number>, mean = meanOf(values)): number {
  const scale = largestDeviation(values, mean);
  if (scale === 0) return 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (((values[i] ?? 0) - mean) / scale) ** 2;
  return scale * Math.sqrt(sum);
}

function largestDeviation(values: ArrayLike<number>, mean: number): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs((values[i] ?? 0) - mean));
  return largest;
}

/** Sample standard deviation (divisor n − 1); NaN below two values. */
export function sdOf(values: ArrayLike<number>): number {
  return values.length < 2 ? NaN : rootSquares(values) / Math.sqrt(values.length - 1);
}

/** Skewness by population moments; 0 where all values are equal. */
export function skewnessOf(values: ArrayLike<number>): number {
  const n = values.length;
  const mean = meanOf(values);
  const scale = largestDeviation(values, mean);
  if (scale === 0) return 0;
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < n; i++) {
    const d = ((values[i] ?? 0) - mean) / scale;
    squares += d * d;
    cubes += d * d * d;
  }
  return cubes / n / (squares / n) ** 1.5;
}

/** Values in ascending order, in an array of their own. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return new Float64Array(values).sort();
}
