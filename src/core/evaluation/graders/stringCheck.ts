import { ungradable, withoutPrefix } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';

/** Text that is asked for; empty when the answer in the file is empty. */
export function truthTextOf({ truth, answerPrefix }: Omit<GraderParams, 'sample'>): string {
  return withoutPrefix(truth, answerPrefix ?? '').trim();
}

/** Grades by exact match after trimming, without the answer prefix on both sides. An empty answer makes the row `ungradable`. */
export function gradeStringCheck(params: GraderParams): RowParts {
  const guess = withoutPrefix(params.sample, params.answerPrefix ?? '').trim();
  const wanted = truthTextOf(params);
  if (wanted === '') return ungradable(params.truth);
  return { status: 'graded', guess, truth: wanted, error: null, colour: guess === wanted ? 'green' : 'red' };
}
