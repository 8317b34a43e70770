// The one fact of a run that matters in a list: its figure, and what can be claimed of it.
import { t } from '../../base/messages.ts';
import { percent } from '../../base/numbers.ts';
import { amount } from '../report/amount.ts';
import { LESS_IS_BETTER, type Claim, type Metric } from './types.ts';

/** What can be said of a replacement: `as-good` is equal in its figure, with other answers. */
export type ReplacementVerdict = 'equal' | 'as-good' | 'better' | 'worse' | 'none';

export interface RunFact {
  readonly metric: Metric;
  /** Figure of the first contestant; null when it has none. */
  readonly value: number | null;
  /** Label of the contestant that it is compared with; null when there is none. */
  readonly against: string | null;
  readonly claim: Claim;
  /** What can be claimed of the typical item; null where that is not asked. */
  readonly typical: Claim | null;
  /** Whether the first contestant may replace the recorded one; absent where that was not asked. */
  readonly replacement?: ReplacementVerdict;
  /** Whether all thresholds of its evaluation file are met; absent without any. */
  readonly passed?: boolean;
}

/** `not passed · mean error 79.58 · not shown to be better than gpt-4o-mini`; the outcome of thresholds first, where there are any. */
export function factText(fact: RunFact): string {
  const { against, passed } = fact;
  return [
    ...(passed === undefined ? [] : [passed ? t('passed') : t('not passed')]),
    figureText(fact),
    ...(against === null ? [] : [claimOf(fact, against)]),
  ].join(' · ');
}

function figureText({ metric, value }: RunFact): string {
  if (value === null) return t('no figure');
  switch (metric) {
    case 'mae':
      return t('mean error {0}', amount(value));
    case 'medianError':
      return t('median error {0}', amount(value));
    case 'rmsle':
      return t('RMSLE {0}', amount(value));
    case 'hits':
      return t('hits {0}', percent(value));
    case 'accuracy':
      return t('accuracy {0}', percent(value));
    case 'f1':
      return t('F1 {0}', amount(value));
  }
}

/** `equal to pricer`; of a replacement. */
export function replacementText(verdict: ReplacementVerdict, against: string): string {
  switch (verdict) {
    case 'equal':
      return t('equal to {0}', against);
    case 'as-good':
      return t('as good as {0}, with other answers', against);
    case 'better':
      return t('better than {0}', against);
    case 'worse':
      return t('worse than {0}', against);
    case 'none':
      return t('not enough items to say whether it equals {0}', against);
  }
}

function claimOf({ claim, typical, replacement }: RunFact, against: string): string {
  if (replacement !== undefined) return replacementText(replacement, against);
  switch (claim) {
    case 'better':
      return typical === 'worse'
        ? t('better than {0}, but the typical item is worse', against)
        : t('better than {0}', against);
    case 'worse':
      return typical === 'better'
        ? t('worse than {0}, but the typical item is better', against)
        : t('worse than {0}', against);
    case 'equal':
      return t('equal to {0}', against);
    case 'none':
      if (typical === 'worse') return t('not shown to be better than {0}, the typical item is worse', against);
      if (typical === 'better') return t('not shown to be better than {0}, but the typical item is', against);
      return t('not shown to be better than {0}', against);
  }
}

/** Order of facts in a list, best first; those without a figure last, and those of other metrics apart. */
export function compareFacts(a: RunFact | undefined, b: RunFact | undefined): number {
  const [x, y] = [a?.value ?? null, b?.value ?? null];
  if (a === undefined || b === undefined || x === null || y === null) return Number(x === null) - Number(y === null);
  if (a.metric !== b.metric) return a.metric < b.metric ? -1 : 1;
  return LESS_IS_BETTER.has(a.metric) ? x - y : y - x;
}
