/** Errors on rows that a model has not seen, after training on nested parts of a file. */
export interface CurveMeasurement {
  readonly kind: 'numbers' | 'texts';
  /** Examples of the file. */
  readonly rows: number;
  /** Tested by cross-validation, on rows of the file itself; else on a file of its own, which more rows leave as it is. */
  readonly crossValidated: boolean;
  /** Rows trained on, ascending. */
  readonly sizes: readonly number[];
  /** Errors of each tested row at each size, means over the repeats: distance from the number, or 0 right and 1 wrong. */
  readonly errors: readonly Float64Array[];
  /** Error of each tested row when all get the same answer: the median number, or the most frequent answer, of the largest size. */
  readonly constant: Float64Array;
}
