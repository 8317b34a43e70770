import type { Difference, Estimate } from '../../statistics/interval.ts';

export const METRICS = ['mae', 'medianError', 'rmsle', 'hits', 'accuracy', 'f1'] as const;

/**
 * Figure of a contestant. `mae`: mean absolute error; `medianError`; `rmsle`: root of the mean squared log error; `hits`: share of green
 * rows; `accuracy`: share of correct rows; `f1`: macro F1 over the labels of the test file.
 */
export type Metric = (typeof METRICS)[number];

/** Metrics of which less is better. */
export const LESS_IS_BETTER: ReadonlySet<Metric> = new Set(['mae', 'medianError', 'rmsle']);

export type Claim = 'better' | 'worse' | 'equal' | 'none';

/** Rows of a contestant by their outcome; every row of the test file is in exactly one class, or missing. */
export interface Outcomes {
  /** Rows with a final outcome: answered, failed or ungradable. */
  readonly items: number;
  readonly graded: number;
  readonly noNumber: number;
  /** Rows that the provider refused because of their content. */
  readonly refused: number;
  readonly failed: number;
  readonly ungradable: number;
  /** Graded rows and rows without a number whose reply reached the limit of tokens. */
  readonly cutOff: number;
}

export interface ContestantSummary extends Outcomes {
  readonly contestant: string;
  readonly metrics: Partial<Readonly<Record<Metric, Estimate>>>;
}

/** Paired comparison of contestant `a` with the baseline `b` in one metric, over the rows that both have. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly metric: Metric;
  /** Pairs of rows. */
  readonly items: number;
  /** Pairs counted once for each prompt; equal to `items` when no prompt occurs twice. */
  readonly clusters: number;
  /** a − b in the metric's unit, with its 95 % interval and unadjusted p-value; null when there are too few pairs. */
  readonly difference: Difference | null;
  /** Interval at 90 %, by which two contestants are called equal. */
  readonly narrow: Estimate | null;
  /** The difference with replies without a number counted as 0; only of runs that have such replies, in `mae` and `rmsle`. */
  readonly withZeros?: Estimate;
  readonly claim: Claim;
  /** 10 % trimmed difference: the typical row, which a few extreme rows cannot move. Only of `mae`. */
  readonly typical: (Difference & { readonly claim: Claim }) | null;
  /** Rows where a is better, worse, equal. */
  readonly better: number;
  readonly worse: number;
  readonly ties: number;
  /** Largest share (0…1) of the spread of the differences that one row carries, and its item; null where the spread is zero. */
  readonly heaviest: { readonly item: number; readonly share: number } | null;
  /** Difference that matters, in the metric's unit; null when the better contestant's figure is zero. */
  readonly matters: number | null;
  /** Standard deviation of the paired differences, from which the number of items needed follows; null for `rmsle` and `f1`. */
  readonly sd: number | null;
}
