import type { GraderOptions, NumberReader, RowResult } from '../types.ts';

export interface GraderParams {
  /** Reply of the model as received. */
  readonly sample: string;
  /** Answer as written in the file. */
  readonly truth: string;
  /** Beginning of the answer at the end of the prompt: the reply continues it and may or may not repeat it. */
  readonly answerPrefix?: string | null;
  /** Beginning that all answers of the file share: a number in it is not the one that is asked for. Number grader only. */
  readonly truthPrefix?: string | null;
  /** Reader of the numbers; the lesson's rule without one. Number grader only. */
  readonly numberReader?: NumberReader | null;
  readonly options?: GraderOptions | null;
}

/** Result of a grader for one row; the caller adds contestant, item, sample and finish reason. */
export type RowParts = Pick<RowResult, 'status' | 'guess' | 'truth' | 'error' | 'colour' | 'lesson'>;
