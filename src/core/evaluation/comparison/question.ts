import type { Replacement, RunConfig } from '../types.ts';
import { baselineOf, MATTERS, primaryOf } from './runJudgment.ts';
import type { Metric } from './types.ts';

/** Question that a run asks: who is compared with whom, in what, and what difference would matter. */
export interface Question {
  readonly primary: Metric;
  /** Share of the better contestant's figure. */
  readonly matters: number;
  /** Contestant that the others are compared with; null when there is only one. */
  readonly baseline: string | null;
  /** Margin within which the first contestant may replace the baseline; absent in a run that asks no such thing. */
  readonly replacement?: Replacement;
}

export function questionOf(
  config: Pick<RunConfig, 'contestants' | 'grader' | 'baseline' | 'primary' | 'matters' | 'replacement'>,
): Question {
  return {
    primary: primaryOf(config),
    matters: config.matters ?? MATTERS,
    baseline: baselineOf(config),
    ...(config.replacement === undefined ? {} : { replacement: config.replacement }),
  };
}
