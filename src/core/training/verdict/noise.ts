// Noise of a curve: each step may remember the one before it (docs/verdicts.md, "Noise").

/** Noise whose value is `r` times the one before plus something new, of which a share `theta` is forgotten at once (ARMA(1,1)). */
export interface Noise {
  /** 0 … below 1. */
  readonly r: number;
  /** 0: AR(1); else below `r`. */
  readonly theta: number;
}

/** Noises that a curve is fitted with. */
export const PLAIN: readonly Noise[] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98].map((r) => ({
  r,
  theta: 0,
}));

/** Noises that look like a random walk plus noise; with the plain ones they decide about "clearly". */
export const DRIFTING: readonly Noise[] = [0.8, 0.9, 0.95, 0.98, 0.995].flatMap((r) =>
  [0.3, 0.5, 0.7, 0.85].filter((theta) => theta < r).map((theta) => ({ r, theta })),
);

/** Variances of the prediction errors of m bins in units of the new part of a step: the first is the stationary one. */
function errorVariances({ r, theta }: Noise, m: number): Float64Array {
  const variances = new Float64Array(m);
  let variance = 1 + (r - theta) ** 2 / (1 - r * r);
  for (let i = 0; i < m; i++) {
    variances[i] = variance;
    variance = 1 + theta * theta - (theta * theta) / variance;
  }
  return variances;
}

/** Part of the log-likelihood of m bins that does not depend on the data; exact. */
export function noiseTerm(noise: Noise, m: number): number {
  return errorVariances(noise, m).reduce((sum, variance) => sum - 0.5 * Math.log(variance), 0);
}

/** Turns a column of m bins with one noise into one whose noise is independent from bin to bin. */
export type Whitener = (column: Float64Array) => Float64Array;

/**
 * Makes the whitener of a noise for columns of `m` bins: prediction errors (innovations), each in units of its own standard deviation. For
 * theta 0 these are √(1−r²)·z₀, then zᵢ − r·zᵢ₋₁.
 */
export function whitenerOf(noise: Noise, m: number): Whitener {
  const { r, theta } = noise;
  const variances = errorVariances(noise, m);
  const scales = variances.map((variance) => 1 / Math.sqrt(variance));
  const kept = variances.map((variance) => theta / variance);
  return (column) => {
    const whitened = new Float64Array(m);
    let before = 0;
    let error = 0;
    for (let i = 0; i < m; i++) {
      const value = column[i] ?? 0;
      error = i === 0 ? value : value - r * before + (kept[i - 1] ?? 0) * error;
      whitened[i] = error * (scales[i] ?? 1);
      before = value;
    }
    return whitened;
  };
}
