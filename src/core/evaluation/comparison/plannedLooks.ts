import type { Look } from '../../statistics/earlyStop.ts';
import { LESS_IS_BETTER, type Claim, type Comparison, type Metric } from './types.ts';

/** Looks of each contestant, in the order they were made. */
export type Looks = ReadonlyMap<string, readonly Look[]>;

/**
 * Look that decides: the first one that stopped the asking, else the last one that was made. What comes after a stop was not planned and
 * decides nothing. Null before the first look.
 */
export function decidingLook(looks: readonly Look[]): Look | null {
  return looks.find(({ verdict }) => verdict === 'different' || verdict === 'futile') ?? looks.at(-1) ?? null;
}

/**
 * Claims of a run that may stop early. The primary metric is claimed by the limit of its look, with the interval after stopping; nothing
 * else is claimed, since its rows were not asked independently of their answers.
 */
export function withLooks(comparisons: readonly Comparison[], looks: Looks, primary: Metric): readonly Comparison[] {
  return comparisons.map((comparison) => {
    const typical = comparison.typical && { ...comparison.typical, claim: 'none' as const };
    const look = comparison.metric === primary ? decidingLook(looks.get(comparison.a) ?? []) : null;
    if (look === null || comparison.difference === null) return { ...comparison, claim: 'none', typical };
    // Looks are about losses: the difference of a share has the other sign.
    const { value, low, high } = look.estimate;
    const estimate = LESS_IS_BETTER.has(primary) ? { value, low, high } : { value: -value, low: -high, high: -low };
    return {
      ...comparison,
      difference: { ...estimate, p: comparison.difference.p },
      claim: claimOf(look),
      typical,
    };
  });
}

function claimOf({ verdict, estimate }: Look): Claim {
  if (verdict !== 'different') return 'none';
  return estimate.value < 0 ? 'better' : 'worse';
}
