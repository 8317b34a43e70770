import type { CurveVerdict, DataCurve } from './dataCurve.ts';

/** Row of the training file that is like another row. */
export interface NearRow {
  /** Line from 1. */
  readonly line: number;
  readonly title: string;
  readonly answer: string;
}

/** Tested row that the model gets most wrong. */
export interface HardRow {
  /** Line from 1, of the validation file where there is one. */
  readonly line: number;
  readonly title: string;
  readonly answer: string;
  /** Answer of the model, which has not seen the row. */
  readonly said: string;
  /** Distance of the two numbers; null for other answers. */
  readonly distance: number | null;
  /** Rows with the most similar questions among those that train, most similar first. */
  readonly near: readonly NearRow[];
}

/** Answer to *Would more data help?* about a file. */
export interface MoreData {
  /** `unfit`: the answers are of a kind that the linear engine cannot be judged by. */
  readonly verdict: CurveVerdict | 'unfit';
  /** The answer, and what it rests on; one sentence each. */
  readonly sentences: readonly string[];
  /** Null where nothing was measured. */
  readonly curve: DataCurve | null;
  readonly hardest: readonly HardRow[];
}
