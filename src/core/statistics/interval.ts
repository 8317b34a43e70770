/** Estimate with its 95 % interval (unless said otherwise), in the unit of the values. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Difference of two contestants over the same rows. */
export interface Difference extends Estimate {
  /** Two-sided p-value, unadjusted. */
  readonly p: number;
}

/** Two-sided level of the intervals. */
export const LEVEL = 0.95;
