// Checks of a comparison beside its interval: facts about the rows, from which nothing is claimed.
import { signFlipInSteps } from '../../statistics/signFlip.ts';
import { wilcoxon } from '../../statistics/wilcoxon.ts';
import { FEWEST_PAIRS } from './compare.ts';
import { valueIn } from './metrics.ts';
import { clusterMeans, differencesOf, pairsOf, type Rows } from './pairs.ts';

export interface MeanChecks {
  /** p of the sign-flip test of the mean difference: exact for "no difference at all". */
  readonly signFlip: number;
  /** p of Wilcoxon's signed ranks: whether the ranks of the differences lie to one side. */
  readonly wilcoxon: number;
}

/**
 * Checks the difference in mean error of two contestants, in steps of about a millisecond. Seeded: the same rows give the same p. Null
 * below the pairs from which something is said. To be done once when a run has ended: repeated looks at a p-value are no test.
 */
export function* checksInSteps(
  a: Rows,
  b: Rows,
  clusterOf: (item: number) => number,
): Generator<undefined, MeanChecks | null> {
  const pairs = pairsOf(a, b, valueIn('mae'));
  const differences = clusterMeans(pairs.items, differencesOf(pairs), clusterOf);
  if (differences.length < FEWEST_PAIRS) return null;
  yield;
  const ranks = wilcoxon(differences);
  yield;
  return { signFlip: yield* signFlipInSteps(differences), wilcoxon: ranks };
}
