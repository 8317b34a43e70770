// Learning curves: err(n) = a + b·(n + d)^(−c) with a, b, d ≥ 0, and what can be said of a larger n. With d = 0 it is the usual power law; a
// larger d is a curve that begins level, as that of many classes with few rows each. Floor, exponent and offset of a curve with five
// points are hardly known, so they are not estimated but averaged over: every (a, c, d) of a grid counts by its likelihood, with b and its
// normal error from generalized least squares. Rates of the intervals: docs/data-curve.md.
export interface PowerLaw {
  /** Floor that no number of rows goes below. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Rows that are added to n. */
  readonly d: number;
}

/** Figure with the ends of an interval. */
export interface Range {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface PowerLawFit {
  /** Law with the highest likelihood. */
  readonly best: PowerLaw;
  /** Error at `n`: the median and an interval of the curve, with normal noise of standard deviation `noise(curve's value)` added. */
  at(n: number, level: number, noise?: (value: number) => number): Range;
  /** Fall of the curve from one n to a larger one. */
  fall(from: number, to: number, level: number): Range;
}

/** Exponents that are tried, evenly in their logarithm: from slow to steeper than any curve of the literature (0.05 … 1); slower ones did worse on real files. */
const EXPONENTS = 18;
const LEAST_EXPONENT = 0.2;
const MOST_EXPONENT = 2;
/** Offsets as shares of the largest n, equally likely beforehand. */
const OFFSETS = [0, 0.25, 0.5, 1, 2, 4];
/** Floors that are tried for each exponent. */
const FLOORS = 10;
/** Standard deviations around the best floor within which others are tried. */
const AROUND = 3.5;
/** Difference in log likelihood beyond which an exponent is not tried again. */
const LIKELY = 7;
/** Weight of the members that are left out. */
const UNCOUNTED = 0.001;
const BISECTIONS = 36;

interface Member {
  readonly a: number;
  readonly c: number;
  readonly d: number;
  /** Of b·(reference + d)^(−c): the reducible error at the largest n. */
  readonly mean: number;
  readonly sd: number;
  readonly weight: number;
}

/**
 * Fits the law to mean errors at sizes, with the covariance of their noise (units: error squared). The covariance must be positive definite.
 */
export function fitPowerLaw(
  sizes: readonly number[],
  errors: readonly number[],
  covariance: readonly (readonly number[])[],
): PowerLawFit {
  const reference = sizes.at(-1) ?? 1;
  const lower = cholesky(covariance);
  const white = (values: readonly number[]): readonly number[] => solveLower(lower, values);
  const y = white(errors);
  const one = white(sizes.map(() => 1));
  const least = Math.max(0, Math.min(...errors));
  const raw = OFFSETS.flatMap((share) => {
    const d = share * reference;
    const tried = (exponents: readonly number[]): readonly Tried[] =>
      exponents.flatMap((c) => {
        const x = white(sizes.map((size) => ((size + d) / (reference + d)) ** -c));
        return triedFloors({ c, d }, x, one, y, least);
      });
    const range = worthTrying(tried(spaced(LEAST_EXPONENT, MOST_EXPONENT * (1 + share))));
    // Each exponent stands for its part of the logarithms.
    const step = Math.log((range.at(-1) ?? 1) / (range[0] ?? 1) || 1);
    return tried(range).map(({ member, log }) => ({ member, log: log + Math.log(step) }));
  });
  const most = raw.reduce((best, { log }) => Math.max(best, log), -Infinity);
  const total = raw.reduce((sum, { log }) => sum + Math.exp(log - most), 0);
  const members = likeliest(raw.map(({ member, log }) => ({ ...member, weight: Math.exp(log - most) / total })));
  return {
    best: bestOf(members, reference),
    at: (n, level, noise = () => 0) =>
      rangeOf(
        members.map(({ a, c, d, mean, sd, weight }) => {
          const scale = ((n + d) / (reference + d)) ** -c;
          return { base: a, scale, mean, sd, weight, noise: noise(a + Math.max(0, mean) * scale) };
        }),
        level,
      ),
    fall: (from, to, level) =>
      rangeOf(
        members.map(({ c, d, mean, sd, weight }) => {
          const scale = ((from + d) / (reference + d)) ** -c - ((to + d) / (reference + d)) ** -c;
          return { base: 0, scale, mean, sd, weight, noise: 0 };
        }),
        level,
      ),
  };
}

/** Members that all but a thousandth of the weight is on. */
function likeliest(all: readonly Member[]): readonly Member[] {
  let rest = 1;
  return [...all]
    .sort((a, b) => b.weight - a.weight)
    .filter(({ weight }) => {
      const isCounted = rest > UNCOUNTED;
      rest -= weight;
      return isCounted;
    });
}

interface Tried {
  readonly member: Omit<Member, 'weight'>;
  /** Logarithm of the weight. */
  readonly log: number;
}

function triedFloors(
  { c, d }: Pick<Member, 'c' | 'd'>,
  x: readonly number[],
  one: readonly number[],
  y: readonly number[],
  least: number,
): readonly Tried[] {
  const xx = dot(x, x);
  const sd = 1 / Math.sqrt(xx);
  const { low, high } = floorsFor(one, x, y, least);
  return Array.from({ length: FLOORS }, (_, step) => {
    const a = low + ((step + 0.5) / FLOORS) * (high - low);
    const rest = y.map((value, at) => value - a * (one[at] ?? 0));
    const mean = dot(x, rest) / xx;
    const misfit = dot(rest, rest) - mean * mean * xx;
    // What is left of the normal above zero counts, the part of the floors that a step covers, and how likely it is beforehand.
    const prior = least > 0 ? 1.05 - a / least : 1;
    const log = -misfit / 2 + Math.log((high - low) * prior * Math.max(normalCdf(mean / sd), TINY));
    return { member: { a, c, d, mean, sd }, log };
  });
}

function spaced(from: number, to: number): readonly number[] {
  return Array.from({ length: EXPONENTS }, (_, step) => from * (to / from) ** (step / (EXPONENTS - 1)));
}

/** Exponents between those that are hardly likely: with little noise only a narrow range is left of all. */
function worthTrying(first: readonly Tried[]): readonly number[] {
  const most = first.reduce((best, { log }) => Math.max(best, log), -Infinity);
  const likely = first.filter(({ log }) => log > most - LIKELY).map(({ member }) => member.c);
  const all = [...new Set(first.map(({ member }) => member.c))];
  const from = all[Math.max(0, all.indexOf(likely[0] ?? 0) - 1)] ?? LEAST_EXPONENT;
  const to = all[Math.min(all.length - 1, all.indexOf(likely.at(-1) ?? 0) + 1)] ?? MOST_EXPONENT;
  return spaced(from, to);
}

/** Floors worth trying for an exponent: around the best one, between zero and the least error. */
function floorsFor(
  one: readonly number[],
  x: readonly number[],
  y: readonly number[],
  least: number,
): { readonly low: number; readonly high: number } {
  const xx = dot(x, x);
  const along = dot(x, one) / xx;
  const free = one.map((value, at) => value - along * (x[at] ?? 0));
  const size = dot(free, free);
  const [best, sd] = [dot(free, y) / size, 1 / Math.sqrt(size)];
  const low = Math.min(Math.max(0, best - AROUND * sd), least);
  const high = Math.max(Math.min(least, best + AROUND * sd), low);
  // Where the best floor is outside, those at the border are tried.
  if (high > low) return { low, high };
  return best < 0 ? { low: 0, high: Math.min(least, sd) } : { low: Math.max(0, least - sd), high: least };
}

function bestOf(members: readonly Member[], reference: number): PowerLaw {
  const expected = members.reduce(
    (best, next) => (next.weight / next.sd > best.weight / best.sd ? next : best),
    members[0] ?? { a: 0, c: 1, d: 0, mean: 0, sd: 1, weight: 1 },
  );
  const { a, c, d, mean } = expected;
  return { a, b: Math.max(0, mean) * (reference + d) ** c, c, d };
}

/** Part of a mixture: base + scale·B + noise, B normal and not below zero. */
interface Part {
  readonly base: number;
  readonly scale: number;
  readonly mean: number;
  readonly sd: number;
  readonly weight: number;
  readonly noise: number;
}

/** Distribution of a part: its weight, ends that hardly anything is beyond, and the probability of at most a value. */
interface Spread {
  readonly weight: number;
  readonly low: number;
  readonly high: number;
  readonly below: (value: number) => number;
}

function rangeOf(parts: readonly Part[], level: number): Range {
  const spreads = parts.map((part) => (part.noise > 0 ? withNoise(part) : truncated(part)));
  const tail = (1 - level) / 2;
  return { value: quantile(spreads, 0.5), low: quantile(spreads, tail), high: quantile(spreads, 1 - tail) };
}

/** Beside noise the moments of the truncated normal say enough. */
function withNoise({ base, scale, mean, sd, weight, noise }: Part): Spread {
  const z = mean / sd;
  const kept = Math.max(normalCdf(z), TINY);
  const ratio = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / kept;
  const center = base + scale * Math.max(0, mean + sd * ratio);
  const variance = (scale * sd) ** 2 * Math.min(1, Math.max(0, 1 - z * ratio - ratio * ratio));
  const spread = Math.sqrt(variance + noise * noise);
  return {
    weight,
    low: center - 6 * spread,
    high: center + 6 * spread,
    below: (value) => normalCdf((value - center) / spread),
  };
}

function truncated({ base, scale, mean, sd, weight }: Part): Spread {
  const cut = normalCdf(-mean / sd);
  const kept = Math.max(1 - cut, TINY);
  return {
    weight,
    low: base,
    high: base + scale * (Math.max(0, mean) + 8 * sd),
    below: (value) => {
      const b = scale === 0 ? (value >= base ? Infinity : -Infinity) : (value - base) / scale;
      return b <= 0 ? 0 : Math.max(0, normalCdf((b - mean) / sd) - cut) / kept;
    },
  };
}

const TINY = 1e-300;

/** Standard normal distribution with seven digits (Abramowitz and Stegun 7.1.26), which takes a tenth of the time of fourteen. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const s = 1 / (1 + 0.3275911 * x);
  const sum = ((((1.061405429 * s - 1.453152027) * s + 1.421413741) * s - 0.284496736) * s + 0.254829592) * s;
  const tail = (sum * Math.exp(-x * x)) / 2;
  return z < 0 ? tail : 1 - tail;
}

function quantile(spreads: readonly Spread[], p: number): number {
  let low = spreads.reduce((least, one) => Math.min(least, one.low), Infinity);
  let high = spreads.reduce((most, one) => Math.max(most, one.high), -Infinity);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    const below = spreads.reduce((sum, one) => sum + one.weight * one.below(middle), 0);
    if (below < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Lower triangle L with L·Lᵀ the matrix. */
function cholesky(matrix: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const lower: number[][] = [];
  for (const [i, line] of matrix.entries()) {
    const row: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const before = j === i ? row : (lower[j] ?? []);
      let sum = line[j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (row[k] ?? 0) * (before[k] ?? 0);
      row.push(j === i ? Math.sqrt(sum) : sum / (before[j] ?? 1));
    }
    lower.push(row);
  }
  return lower;
}

function solveLower(lower: readonly (readonly number[])[], values: readonly number[]): readonly number[] {
  const solved: number[] = [];
  for (const [i, value] of values.entries()) {
    const row = lower[i] ?? [];
    let sum = value;
    for (let j = 0; j < i; j += 1) sum -= (row[j] ?? 0) * (solved[j] ?? 0);
    solved.push(sum / (row[i] ?? 1));
  }
  return solved;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
