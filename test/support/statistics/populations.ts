// Populations whose means are known, for seeded simulations of intervals and tests.
import { createRandom } from '../../../src/core/base/random.ts';
import { normalQuantile } from '../../../src/core/statistics/distributions.ts';
import { meanOf, sdOf, skewnessOf } from '../../../src/core/statistics/moments.ts';

export interface Population {
  readonly name: string;
  /** Skewness by population moments. */
  readonly skewness: number;
  readonly mean: number;
  readonly sd: number;
  /** Value below which a share `p` (0…1, exclusive) of the population lies. */
  readonly quantile: (p: number) => number;
}

/** Steps of the table that draws are taken from: a quantile by bisection would cost a thousand times more. */
const STEPS = 65_536;

const NORMAL: Population = { name: 'normal', skewness: 0, mean: 0, sd: 1, quantile: normalQuantile };
const EXPONENTIAL: Population = { name: 'exponential', skewness: 2, mean: 1, sd: 1, quantile: (p) => -Math.log1p(-p) };

/** Two equal tails of exponentials: as heavy as differences of errors often are. */
const LAPLACE: Population = {
  name: 'Laplace',
  skewness: 0,
  mean: 0,
  sd: Math.SQRT2,
  quantile: (p) => (p < 0.5 ? Math.log(2 * p) : -Math.log(2 * (1 - p))),
};

function lognormal(sigma: number): Population {
  const w = Math.exp(sigma ** 2);
  return {
    name: `lognormal ${String(sigma)}`,
    skewness: (w + 2) * Math.sqrt(w - 1),
    mean: Math.exp(sigma ** 2 / 2),
    sd: Math.sqrt((w - 1) * w),
    quantile: (p) => Math.exp(sigma * normalQuantile(p)),
  };
}

export function mirrored({ name, skewness, mean, sd, quantile }: Population): Population {
  return { name: `${name}, mirrored`, skewness: -skewness, mean: -mean, sd, quantile: (p) => -quantile(1 - p) };
}

/**
 * Differences between the absolute errors of two contestants that guess the same prices, each off by a factor of its own spread: two tails,
 * of which the one of the worse contestant is longer. This is what a paired comparison of mean errors is about.
 */
function pairedErrors(prices: number, spreads: readonly [number, number]): Population {
  const random = createRandom(7);
  const values = Float64Array.from({ length: STEPS }, () => {
    const price = Math.exp(prices * random.normal());
    const [first, second] = spreads.map((spread) => Math.abs(price * Math.expm1(spread * random.normal())));
    return (first ?? 0) - (second ?? 0);
  }).sort();
  return {
    name: `errors of two contestants, spreads ${spreads.join(' and ')} of prices of spread ${String(prices)}`,
    skewness: skewnessOf(values),
    mean: meanOf(values),
    sd: sdOf(values),
    quantile: (p) => values[Math.floor(p * STEPS)] ?? NaN,
  };
}

export const PAIRED: readonly Population[] = [
  pairedErrors(0.8, [0.35, 0.4]),
  pairedErrors(0.7, [0.3, 0.4]),
  pairedErrors(0.96, [0.3, 0.4]),
];
export const SYMMETRIC: readonly Population[] = [NORMAL, LAPLACE];
export const SKEWED: readonly Population[] = [EXPONENTIAL, lognormal(0.5), lognormal(0.87)];
/** The most skewed one of which Hall's interval is claimed to hold. */
export const MOST_SKEWED: Population = lognormal(0.92);

const tables = new Map<Population, Float64Array>();

/** Draws `n` values. Ranks are stratified into 65,536 steps, whose mean differs from the population's by less than 0.001 sd. */
export function sampler(population: Population, seed: number): (n: number) => Float64Array {
  let table = tables.get(population);
  if (table === undefined) {
    table = Float64Array.from({ length: STEPS }, (_, i) => population.quantile((i + 0.5) / STEPS));
    tables.set(population, table);
  }
  const values = table;
  const random = createRandom(seed);
  return (n) => {
    const sample = new Float64Array(n);
    for (let i = 0; i < n; i++) sample[i] = values[random.integer(STEPS)] ?? 0;
    return sample;
  };
}

/** Mean of what samples are drawn from. */
export function drawnMean(population: Population): number {
  sampler(population, 0);
  const table = tables.get(population) ?? new Float64Array(0);
  let sum = 0;
  for (const value of table) sum += value;
  return sum / table.length;
}

/** Mean of the population without a tenth at each end. */
export function drawnTrimmedMean(population: Population): number {
  sampler(population, 0);
  const table = tables.get(population) ?? new Float64Array(0);
  const middle = table.subarray(Math.round(STEPS * 0.1), STEPS - Math.round(STEPS * 0.1));
  let sum = 0;
  for (const value of middle) sum += value;
  return sum / middle.length;
}
