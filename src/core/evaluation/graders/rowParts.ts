import type { RowResult } from '../types.ts';

export interface GraderParams {
  /** The model's reply as received. */
  readonly sample: string;
  /** The answer as it stands in the file. */
  readonly truth: string;
  /** When the prompt ended in this beginning of the answer: the reply goes on from there and may or may not repeat it. */
  readonly answerPrefix?: string | null;
  /** The beginning that all answers of the file share: a number in it is not the one that is asked for. Number grader only. */
  readonly truthPrefix?: string | null;
}

/** What a grader finds out about one row; the caller adds contestant, item, sample and finish reason. */
export type RowParts = Pick<RowResult, 'status' | 'guess' | 'truth' | 'error' | 'colour'>;
