import type { Scale } from './thinning.ts';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The y axis around these values: it ends at the next round numbers beyond them, on a logarithmic axis a little beyond them. So it begins
 * at 0 only where the values come close to it.
 *
 * @returns null when no value can be on the axis.
 */
export function rangeAround(lowest: number, highest: number, scale: Scale): Range | null {
  if (!(lowest <= highest)) return null;
  if (scale === 'log') {
    if (!(lowest > 0)) return null;
    const air = (highest / lowest) ** 0.04;
    return lowest === highest ? { from: lowest / 2, to: highest * 2 } : { from: lowest / air, to: highest * air };
  }
  // Closer together than ticks could be written apart.
  if (highest - lowest <= Math.max(Math.abs(lowest), Math.abs(highest)) * 1e-9 || highest - lowest < 1e-300) {
    const air = Math.abs(lowest) * 0.1 || 1;
    return { from: lowest - air, to: highest + air };
  }
  const step = niceStep((highest - lowest) / 8);
  // A tenth of a step of air, or values would lie on the edge; below 0 and above 1, where shares end, none is needed.
  const from = lowest === 0 ? 0 : Math.max(lowest > 0 ? 0 : -Infinity, Math.floor(lowest / step - 0.1) * step);
  const to = highest === 0 || highest === 1 ? highest : Math.ceil(highest / step + 0.1) * step;
  // Without the digits that come from adding tenths.
  return { from: Number(from.toPrecision(12)), to: Number(to.toPrecision(12)) };
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `size`. */
export function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return ([1, 2, 5].find((digit) => digit * power >= size * (1 - 1e-9)) ?? 10) * power;
}

/** Values looked at for the quartiles at most. */
const MOST_VALUES = 20_000;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Limits beyond which a value is an outlier: three times the distance between the quartiles from them (Tukey's "far out"). Of more than
 * 20,000 values as many are looked at.
 */
export function outlierFences(values: ArrayLike<number>): Range {
  const sample = new Float64Array(Math.min(values.length, MOST_VALUES));
  const isAll = sample.length === values.length;
  // Steps of the golden ratio meet no rhythm of the values, such as that of epochs.
  for (let i = 0; i < sample.length; i++)
    sample[i] = values[isAll ? i : Math.floor(((i * GOLDEN) % 1) * values.length)] ?? 0;
  sample.sort();
  if (sample.length < 4) return { from: -Infinity, to: Infinity };
  const low = sample[Math.floor((sample.length - 1) * 0.25)] ?? 0;
  const high = sample[Math.ceil((sample.length - 1) * 0.75)] ?? 0;
  const reach = 3 * (high - low);
  return reach > 0 ? { from: low - reach, to: high + reach } : { from: -Infinity, to: Infinity };
}
