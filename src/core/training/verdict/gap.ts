import { lowerBound } from '../curves/thinning.ts';
import { finitePoints, type Points } from './bins.ts';
import { judgeCurve } from './judge.ts';
import type { Turn, Verdict } from './verdict.ts';

/** Distance of a validation loss from the training loss around the same steps. */
export interface Gap {
  /** Steps of the validation with training points around them. */
  readonly steps: Float64Array;
  /** Validation loss less the mean training loss around its step. */
  readonly differences: Float64Array;
  /** Mean difference over the last fifth of the validation's points (at least one). */
  readonly now: number;
  /** Since when the gap widens; null: no claim. */
  readonly widens: Turn | null;
  /** Verdict on the differences, for *Explain*; only a clear "worse" is a claim. */
  readonly verdict: Verdict;
}

interface Series {
  readonly steps: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/**
 * Compares validation with training at the validation's steps; null where they share none. The training loss is the mean over a window
 * that reaches as far before a step as after it: a window before it alone would lag behind a falling curve and look like a gap.
 *
 * Differences are noisier where the losses are higher, and a plain verdict on them claims a gap that is not there in up to 12 % of falling
 * curves (epoch by epoch: in most). So only a clear verdict on thirteen or more differences is a claim (false in at most 1 %,
 * docs/verdicts.md).
 */
export function judgeGap(training: Series, validation: Series): Gap | null {
  const train = finitePoints(training.steps, training.values);
  const valid = finitePoints(validation.steps, validation.values);
  const sums = runningSums(train.values);
  const steps: number[] = [];
  const differences: number[] = [];
  for (let i = 0; i < valid.steps.length; i++) {
    const mean = trainingAround(train, sums, valid.steps, i);
    if (mean === null) continue;
    steps.push(valid.steps[i] ?? 0);
    differences.push((valid.values[i] ?? 0) - mean);
  }
  if (steps.length === 0) return null;
  const gap = { steps: Float64Array.from(steps), differences: Float64Array.from(differences) };
  const verdict = judgeCurve(gap.steps, gap.differences);
  const last = differences.slice(-Math.max(1, Math.floor(differences.length / 5)));
  const now = last.reduce((sum, difference) => sum + difference / last.length, 0);
  return { ...gap, now, verdict, widens: verdict.code === 'worse' && verdict.clearly ? verdict.since : null };
}

/** Sums of the first i values. */
function runningSums(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] ?? 0) + (values[i] ?? 0);
  return sums;
}

/** Mean training loss within half the way to the nearer neighbor of validation step i, on both sides; null without a point there. */
function trainingAround({ steps }: Points, sums: Float64Array, at: Float64Array, i: number): number | null {
  const step = at[i] ?? 0;
  const before = i === 0 ? Infinity : step - (at[i - 1] ?? 0);
  const after = i === at.length - 1 ? Infinity : (at[i + 1] ?? 0) - step;
  const rest = [before / 2, after / 2, step - (steps[0] ?? 0), (steps.at(-1) ?? 0) - step];
  const reach = Math.max(0, Math.min(...rest));
  const from = lowerBound(steps, steps.length, step - reach);
  const end = lowerBound(steps, steps.length, step + reach, true);
  return end > from ? ((sums[end] ?? 0) - (sums[from] ?? 0)) / (end - from) : null;
}
