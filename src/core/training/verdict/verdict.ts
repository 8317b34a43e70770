/**
 * What a curve allows to say (docs/verdicts.md):
 * - `improving`: it still gets better at its end.
 * - `flat`: it got better until `since` and is flat after it, or (`since` null) any change is below `bound`.
 * - `fell-then-unknown`: it got better until about `since`; whether it still does can't be told.
 * - `worse`: it gets worse since `since`.
 * - `too-noisy`: no trend is seen; a change of up to `bound` could hide.
 * - `wanders`: the same, with noise that remembers so much that it drifts.
 * - `few-points`: twelve points or fewer without a claim.
 */
export type VerdictCode = 'improving' | 'flat' | 'fell-then-unknown' | 'worse' | 'too-noisy' | 'wanders' | 'few-points';

/** A step with the interval that holds it in 95 % of curves (simulated); steps are the series' own. */
export interface Turn {
  readonly step: number;
  /** Null: the method has no interval for it. */
  readonly between: readonly [number, number] | null;
}

export interface BestPoint {
  readonly step: number;
  readonly value: number;
}

/** Numbers behind a verdict, for *Explain*. Ts are twice the gain in log-likelihood; a claim needs more than its limit. */
export interface Evidence {
  /** Means of points that the shapes were fitted to; 0 for few points. */
  readonly bins: number;
  /** Values were taken as square roots. */
  readonly rooted: boolean;
  /** Correlation of neighboring bins, after the constant. */
  readonly correlation: number;
  /** Gain of the best shape over the constant (few points: ratio of variances). */
  readonly trend: number;
  readonly trendLimit: number;
  /** Gain of the best shape with a slope after its knee over the best one that is flat there; null for few points. */
  readonly slope: number | null;
  readonly slopeLimit: number | null;
  /** `trend` with random walks among the noises, which "clearly" needs; null without a trend. */
  readonly strict: number | null;
  readonly strictLimit: number;
  /** Knee of the best shape as a share of the points; null: straight line or no trend. */
  readonly knee: number | null;
}

/** Verdict on one series. Parameters only; `curveSentence` writes it. */
export interface Verdict {
  readonly code: VerdictCode;
  /** Not even a random walk plus noise explains the trend. */
  readonly clearly: boolean;
  /** Where 95 % of the fall is done (flat, fell-then-unknown) or the turn (worse: the first step when it never fell); else null. */
  readonly since: Turn | null;
  /** Where 95 % of the fall was done, for every verdict with a fall. */
  readonly settled: Turn | null;
  /** Share of the level: any change is below it (flat), or could hide (too-noisy, wanders); null where it does not apply. */
  readonly bound: number | null;
  /** Finite points. */
  readonly points: number;
  /** First step of the series; null without points. */
  readonly first: number | null;
  /** Best value of the series and its step; the earliest of equals. */
  readonly best: BestPoint | null;
  /** Null below five points, and for a constant series. */
  readonly evidence: Evidence | null;
}

/** Direction in which a series gets better: losses fall, accuracies and rewards rise. */
export type Better = 'lower' | 'higher';
