import { createRandom } from '../base/random.ts';

/** Differences up to which every combination of signs is tried. */
const ALL_SIGNS = 16;
const FLIPS = 9999;
/** Signs drawn between two steps. */
const STEP_SIGNS = 500_000;

/**
 * Sign-flip test of "no difference at all": the share of sign patterns whose mean is at least as far from zero. All 2ⁿ patterns up to
 * 16 values, else 9,999 seeded ones and (1 + hits) / (1 + flips). It does not test equal means of asymmetric differences.
 */
export function signFlip(values: ArrayLike<number>, seed = 42): number {
  const testing = signFlipInSteps(values, seed);
  for (;;) {
    const step = testing.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of about a millisecond, so that a thread can do other work in between. */
export function* signFlipInSteps(values: ArrayLike<number>, seed = 42): Generator<undefined, number> {
  const n = values.length;
  if (n === 0) return 1;
  let sum = 0;
  let size = 0;
  for (let i = 0; i < n; i++) {
    sum += values[i] ?? 0;
    size += Math.abs(values[i] ?? 0);
  }
  // Sums of the same numbers in another order differ in their last digits.
  const limit = Math.abs(sum) - size * 1e-12;
  return n <= ALL_SIGNS ? everyPattern(values, limit) : yield* somePatterns(values, limit, seed);
}

function everyPattern(values: ArrayLike<number>, limit: number): number {
  const patterns = 2 ** values.length;
  let hits = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (pattern >> i) & 1 ? -(values[i] ?? 0) : (values[i] ?? 0);
    if (Math.abs(sum) >= limit) hits++;
  }
  return hits / patterns;
}

function* somePatterns(values: ArrayLike<number>, limit: number, seed: number): Generator<undefined, number> {
  const random = createRandom(seed);
  const numbers = Float64Array.from(values);
  const step = Math.max(1, Math.floor(STEP_SIGNS / numbers.length));
  let hits = 0;
  for (let flip = 0; flip < FLIPS; flip++) {
    if (flip % step === step - 1) yield;
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < numbers.length; i++) {
      if (i % 31 === 0) bits = random.integer(2 ** 31);
      sum += bits & 1 ? -(numbers[i] ?? 0) : (numbers[i] ?? 0);
      bits >>>= 1;
    }
    if (Math.abs(sum) >= limit) hits++;
  }
  return (1 + hits) / (1 + FLIPS);
}
