import type { GraderOptions } from '../types.ts';
import { ungradable } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';
import { replyTextOf, truthTextOf } from './stringCheck.ts';

const ANSWER = '{{answer}}';

/** Pattern of a row: `{{answer}}` is replaced by the expected answer as literal text. */
export function patternOf({ pattern = '' }: GraderOptions, truth: string): string {
  const literal = truth.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  // A function, since a text would have its `$&` and `$1` filled in.
  return pattern.replaceAll(ANSWER, () => literal);
}

/**
 * Grades by whether the pattern occurs in the reply. `matches` was found in a thread with a deadline, since a pattern may take for
 * ever; null: it was not known in time, which is no hit.
 */
export function gradeRegex(params: GraderParams, matches: boolean | null): RowParts {
  const truth = truthTextOf(params);
  // Without the answer in the pattern every row can be graded, also one whose answer is empty.
  if (truth === '' && params.options?.pattern?.includes(ANSWER) === true) return ungradable(params.truth);
  const guess = replyTextOf(params);
  return { status: 'graded', guess, truth, error: null, colour: matches === true ? 'green' : 'red' };
}
