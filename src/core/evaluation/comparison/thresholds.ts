// Thresholds of an evaluation file, judged the same on the command line, in the panel and in the list of runs.
import { t } from '../../base/messages.ts';
import type { Estimate } from '../../statistics/interval.ts';
import { itemsRange, itemsToSee } from '../../statistics/planning.ts';
import { amount } from '../report/amount.ts';
import type { Pass } from '../types.ts';
import { FEWEST_PAIRS } from './compare.ts';
import { LESS_IS_BETTER, type Comparison, type ContestantSummary, type Metric } from './types.ts';

/** One threshold of `pass`, with the sentence about it. */
export interface ThresholdCheck {
  /** Metric, or `vsBaseline`. */
  readonly name: string;
  readonly passed: boolean;
  readonly sentence: string;
}

/** Parts of a judgment that thresholds are about. */
export interface Judged {
  /** The first one is judged. */
  readonly contestants: readonly Pick<ContestantSummary, 'contestant' | 'metrics'>[];
  readonly comparisons: readonly Comparison[];
}

/** Judges the thresholds of the first contestant, in the order of the file; none without thresholds. */
export function checkThresholds(
  pass: Pass | null | undefined,
  { contestants, comparisons }: Judged,
  primary: Metric,
): readonly ThresholdCheck[] {
  const [first] = contestants;
  if (pass === null || pass === undefined || first === undefined) return [];
  const checks: ThresholdCheck[] = [];
  for (const [metric, { min, max }] of Object.entries(pass.metrics) as [Metric, { min?: number; max?: number }][]) {
    const value = first.metrics[metric]?.value;
    const passed = value !== undefined && (min === undefined || value >= min) && (max === undefined || value <= max);
    const figure = value === undefined ? t('no figure') : amount(value);
    checks.push({
      name: metric,
      passed,
      sentence: t('{0} is {1}; allowed is {2}.', metric, figure, rangeText(min, max)),
    });
  }
  if (pass.vsBaseline !== null) {
    const comparison = comparisons.find(({ a, metric }) => a === first.contestant && metric === primary);
    checks.push(pass.vsBaseline === 'better' ? isBetter(comparison) : isNotWorse(comparison));
  }
  return checks;
}

/** Whether every threshold is met; null without thresholds. */
export function allPassed(checks: readonly Pick<ThresholdCheck, 'passed'>[]): boolean | null {
  return checks.length === 0 ? null : checks.every(({ passed }) => passed);
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return t('{0} to {1}', amount(min), amount(max));
  return min === undefined ? t('at most {0}', amount(max ?? NaN)) : t('at least {0}', amount(min));
}

const VS_BASELINE = 'vsBaseline';

function isBetter(comparison: Comparison | undefined): ThresholdCheck {
  const passed = comparison?.claim === 'better';
  return {
    name: VS_BASELINE,
    passed,
    sentence: passed ? t('It is better than the baseline.') : t('It is not shown to be better than the baseline.'),
  };
}

/** Passes only where the 95 % interval excludes a loss of the difference that matters, also with replies without a number counted as 0. */
function isNotWorse(comparison: Comparison | undefined): ThresholdCheck {
  const { difference = null, withZeros, matters = null, metric = 'mae', sd = null, clusters = 0 } = comparison ?? {};
  const told = (passed: boolean, sentence: string): ThresholdCheck => ({ name: VS_BASELINE, passed, sentence });
  if (difference === null || clusters < FEWEST_PAIRS) {
    return told(
      false,
      t(
        'There are not enough items to compare with the baseline: at least {0} that both have answered are needed.',
        FEWEST_PAIRS,
      ),
    );
  }
  const lossOf = ({ low, high }: Estimate): number => (LESS_IS_BETTER.has(metric) ? high : -low);
  const spoken = lossOf(difference);
  const loss = Math.max(spoken, withZeros === undefined ? -Infinity : lossOf(withZeros));
  if (matters === null) {
    // A share of the better figure, which is 0: any loss matters.
    return loss <= 0
      ? told(true, t('A loss against the baseline is excluded.'))
      : told(false, t('A loss against the baseline is not excluded.'));
  }
  if (loss < matters) return told(true, t('A loss of {0} against the baseline is excluded.', amount(matters)));
  if (spoken < matters) {
    return told(
      false,
      t(
        'With replies without a number counted as 0 a loss of {0} against the baseline is not excluded.',
        amount(matters),
      ),
    );
  }
  const needed = sd === null ? null : itemsRange(itemsToSee(sd, matters));
  return told(
    false,
    needed === null || needed.to <= clusters
      ? t('A loss of {0} against the baseline is not excluded.', amount(matters))
      : t(
          'A loss of {0} against the baseline is not excluded: about {1} to {2} items would be needed.',
          amount(matters),
          needed.from,
          needed.to,
        ),
  );
}
