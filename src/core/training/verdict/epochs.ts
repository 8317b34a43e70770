import { holm } from '../../statistics/holm.ts';
import type { Difference } from '../../statistics/interval.ts';
import { studentMean } from '../../statistics/means.ts';

/** Difference of an epoch from the one before it, over the examples that both have. */
export interface EpochChange extends Difference {
  /** Epoch, from 2. */
  readonly epoch: number;
  readonly examples: number;
  /** p-value by Holm's method over all changes of the training. */
  readonly adjusted: number;
  /** Claim at 5 %; null: none. */
  readonly claim: 'better' | 'worse' | null;
}

const LEVEL = 0.05;
/** Fewest examples that a mean difference is claimed of. */
const FEWEST = 10;

/**
 * Compares the losses per example of each epoch with those of the epoch before it (paired t-test, Holm over the pairs). Where such losses
 * exist, they tell more than the curve: four epochs allow no claim from their means alone.
 * @param losses one array an epoch, the same validation examples in the same order; NaN: not measured.
 */
export function compareEpochs(losses: readonly ArrayLike<number>[]): readonly EpochChange[] {
  const changes = losses.slice(1).flatMap((after, index) => {
    const before = losses[index] ?? [];
    const differences = Float64Array.from(
      { length: Math.min(before.length, after.length) },
      (_, i) => (after[i] ?? NaN) - (before[i] ?? NaN),
    ).filter(Number.isFinite);
    const mean = studentMean(differences);
    return mean === null ? [] : [{ ...mean, epoch: index + 2, examples: differences.length }];
  });
  const adjusted = holm(changes.map(({ p }) => p));
  return changes.map((change, index) => {
    const p = adjusted[index] ?? 1;
    const claimed = p < LEVEL && change.examples >= FEWEST;
    return { ...change, adjusted: p, claim: claimed ? (change.value < 0 ? 'better' : 'worse') : null };
  });
}
