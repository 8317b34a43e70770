// What may be claimed of a family of comparisons.
import { holm } from '../../statistics/holm.ts';
import type { Difference, Estimate } from '../../statistics/interval.ts';
import { FEWEST_PAIRS, type Unclaimed } from './compare.ts';
import { LESS_IS_BETTER, type Claim, type Comparison, type Metric } from './types.ts';

const LEVEL = 0.05;

export interface ClaimInput {
  readonly comparisons: readonly Unclaimed[];
  /** Metric that was named before the run. */
  readonly primary: Metric;
  /** The same comparisons with a reply without a number counted as 0; a claim must hold in both. Empty when each has a number. */
  readonly withZeros: readonly Unclaimed[];
}

/**
 * Decides the claims. The primary metric was named before the run, so its family are the contestants compared in it; everything else is
 * claimed only after Holm over all that is tested, typical rows included.
 */
export function claim({ comparisons, primary, withZeros }: ClaimInput): readonly Comparison[] {
  const firstFamily = holmOf(comparisons.map(({ metric, difference }) => (metric === primary ? difference : null)));
  const means = holmOf([
    ...comparisons.map(({ difference }) => difference),
    ...comparisons.map(({ typical }) => typical),
  ]);
  return comparisons.map((comparison, at) => {
    const isPrimary = comparison.metric === primary;
    const p = (isPrimary ? firstFamily[at] : means[at]) ?? 1;
    const zeros = withZeros.find(({ a, metric }) => a === comparison.a && metric === comparison.metric);
    const { typical } = comparison;
    const { value, low, high } = zeros?.difference ?? {};
    return {
      ...comparison,
      ...(value === undefined || low === undefined || high === undefined ? {} : { withZeros: { value, low, high } }),
      claim: claimOf(comparison, comparison.difference, p, zeros?.difference, [comparison.narrow, zeros?.narrow]),
      typical:
        typical === null
          ? null
          : {
              ...typical,
              claim: claimOf(comparison, typical, means[comparisons.length + at] ?? 1, zeros?.typical, []),
            },
    };
  });
}

/** Adjusted p-values of those that are tested; 1 for the others. */
function holmOf(tests: readonly (Difference | null)[]): readonly number[] {
  const tested = tests.flatMap((test, at) => (test === null ? [] : [{ at, p: test.p }]));
  const adjusted = holm(tested.map(({ p }) => p));
  const all = new Array<number>(tests.length).fill(1);
  for (const [index, { at }] of tested.entries()) all[at] = adjusted[index] ?? 1;
  return all;
}

function claimOf(
  { metric, clusters, matters }: Unclaimed,
  difference: Difference | null,
  p: number,
  zeros: Difference | null | undefined,
  /** Intervals that must all lie within what matters for the two to be called equal; undefined ones are not asked for. */
  narrow: readonly (Estimate | null | undefined)[],
): Claim {
  if (difference === null || clusters < FEWEST_PAIRS) return 'none';
  if (p < LEVEL && difference.value !== 0) {
    const side = sideOf(metric, difference);
    // A model that is silent where it would be wrong must not look better for it.
    if (zeros !== undefined && !(zeros !== null && zeros.p < LEVEL && sideOf(metric, zeros) === side)) return 'none';
    return side;
  }
  const intervals = narrow.filter((one) => one !== undefined);
  if (matters === null || intervals.length === 0) return 'none';
  return intervals.every((one) => one !== null && one.low > -matters && one.high < matters) ? 'equal' : 'none';
}

function sideOf(metric: Metric, { value }: Difference): 'better' | 'worse' {
  return value < 0 === LESS_IS_BETTER.has(metric) ? 'better' : 'worse';
}
