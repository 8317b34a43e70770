/** Parts that the rows are divided into by cross-validation: a model is tested on one and has seen others. */
export const FOLDS = 5;

export interface CurvePlan {
  /** Ways in which the rows are put in order, each with trainings of its own. */
  readonly repeats: number;
  /** Parts that are tested on in each way, at most `FOLDS`; 1 with a validation file, which is tested on as a whole. */
  readonly folds: number;
}

/** Number of trainings by the number of rows, so that a file of hundreds takes seconds and one of ten thousand about a minute. */
export function planOf(rows: number, crossValidated: boolean): CurvePlan {
  if (!crossValidated) return { repeats: rows <= 1000 ? 5 : rows <= 3000 ? 3 : 2, folds: 1 };
  if (rows <= 600) return { repeats: 3, folds: FOLDS };
  return { repeats: 1, folds: rows <= 3000 ? FOLDS : rows <= 8000 ? 2 : 1 };
}

/** Rows that errors are measured on by cross-validation. */
export function testedRows(rows: number): number {
  return (rows * planOf(rows, true).folds) / FOLDS;
}
