/** Standard deviations to either side within which the kernel is taken; beyond them lie 6 · 10⁻⁷ of its weight. */
const REACH = 5;
/** Products of points and kernel that are summed one by one; more are taken by recursion. */
const MOST_PRODUCTS = 20_000_000;

/**
 * Gaussian smoothing: the mean of all points weighted by `exp(−d² / (2·σ²))`, where d is the distance in points. At the ends the
 * weights of the points that exist are scaled to 1. Non-finite points pass through and have no weight.
 *
 * The time does not grow with σ: where the sum would be long it is taken by Deriche's recursive filter of the fourth order, which
 * differs from it by less than 0.0001 of the range of the values.
 *
 * @param deviation σ in points, 0 smooths nothing.
 * @returns a new array of the same length.
 */
export function gaussian(values: ArrayLike<number>, deviation: number): Float64Array<ArrayBuffer> {
  const smoothed = new Float64Array(values);
  if (!(deviation > 0) || smoothed.length < 2) return smoothed;
  const first = smoothed[0] ?? 0;
  if (smoothed.every((value) => value === first)) return smoothed;
  const reach = Math.min(smoothed.length - 1, Math.ceil(REACH * deviation));
  if (reach * smoothed.length <= MOST_PRODUCTS) sumKernel(values, smoothed, deviation, reach);
  else recurse(values, smoothed, deviation, first);
  return smoothed;
}

function sumKernel(values: ArrayLike<number>, smoothed: Float64Array, deviation: number, reach: number): void {
  const kernel = Float64Array.from({ length: reach + 1 }, (_, d) => Math.exp(-(d * d) / (2 * deviation * deviation)));
  for (let i = 0; i < smoothed.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    let sum = 0;
    let weights = 0;
    const end = Math.min(smoothed.length - 1, i + reach);
    for (let j = Math.max(0, i - reach); j <= end; j++) {
      const value = values[j] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      const weight = kernel[Math.abs(i - j)] ?? 0;
      sum += weight * value;
      weights += weight;
    }
    smoothed[i] = sum / weights;
  }
}

// Deriche, "Recursively implementing the Gaussian and its derivatives" (1993): the kernel is close to the real part of
// Σ (a + b·i) · exp(−(c + d·i) · distance / σ) over these two.
const TERMS = [
  { a: 1.68, b: 3.735, c: 1.783, d: 0.6318 },
  { a: -0.6803, b: -0.2598, c: 1.723, d: 1.997 },
] as const;

/** The weights are filtered like the values, and divide them: the ends and missing points are scaled as in the sum. */
function recurse(values: ArrayLike<number>, smoothed: Float64Array, deviation: number, origin: number): void {
  const length = smoothed.length;
  const weights = new Float64Array(length);
  smoothed.fill(0);
  for (const { a, b, c, d } of TERMS) {
    const size = Math.exp(-c / deviation);
    const real = size * Math.cos(d / deviation);
    const imaginary = -size * Math.sin(d / deviation);
    for (const direction of [1, -1]) {
      let [re, im, wRe, wIm] = [0, 0, 0, 0];
      for (let n = 0, i = direction > 0 ? 0 : length - 1; n < length; n++, i += direction) {
        const value = values[i] ?? Number.NaN;
        const isFinite = Number.isFinite(value);
        // Values are taken from the first one on, so that rounding is that of their range and not of their size.
        const input = isFinite ? value - origin : 0;
        const weight = isFinite ? 1 : 0;
        // Backwards the point itself is left out: the way forwards has it.
        const own = direction > 0 ? 1 : 0;
        const nextRe = re * real - im * imaginary;
        const nextIm = re * imaginary + im * real;
        const nextWRe = wRe * real - wIm * imaginary;
        const nextWIm = wRe * imaginary + wIm * real;
        smoothed[i] = (smoothed[i] ?? 0) + a * (nextRe + own * input) - b * nextIm;
        weights[i] = (weights[i] ?? 0) + a * (nextWRe + own * weight) - b * nextWIm;
        re = nextRe + input;
        im = nextIm;
        wRe = nextWRe + weight;
        wIm = nextWIm;
      }
    }
  }
  for (let i = 0; i < length; i++) {
    const value = values[i] ?? Number.NaN;
    smoothed[i] = Number.isFinite(value) ? origin + (smoothed[i] ?? 0) / (weights[i] ?? 1) : value;
  }
}
