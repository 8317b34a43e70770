import { ungradable, withoutPrefix } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';

/** Text that is asked for; empty when the answer in the file is empty. */
export function truthTextOf({ truth, answerPrefix }: Omit<GraderParams, 'sample'>): string {
  return withoutPrefix(truth, answerPrefix ?? '').trim();
}

/** Text of the reply that is compared. */
export function replyTextOf({ sample, answerPrefix }: Omit<GraderParams, 'truth'>): string {
  return withoutPrefix(sample, answerPrefix ?? '').trim();
}

/** Text as it is compared. */
export function comparable(text: string, ignoreCase: boolean): string {
  return ignoreCase ? text.normalize('NFC').toLowerCase() : text;
}

/** Grades by exact match after trimming, without the answer prefix on both sides. An empty answer makes the row `ungradable`. */
export function gradeStringCheck(params: GraderParams): RowParts {
  return gradeText(params, (guess, wanted) => guess === wanted);
}

/** Grades by whether the answer occurs in the reply. */
export function gradeContains(params: GraderParams): RowParts {
  return gradeText(params, (guess, wanted) => guess.includes(wanted));
}

function gradeText(params: GraderParams, isRight: (guess: string, wanted: string) => boolean): RowParts {
  const ignoreCase = params.options?.ignoreCase === true;
  const guess = replyTextOf(params);
  const wanted = truthTextOf(params);
  if (wanted === '') return ungradable(params.truth);
  const right = isRight(comparable(guess, ignoreCase), comparable(wanted, ignoreCase));
  return { status: 'graded', guess, truth: wanted, error: null, colour: right ? 'green' : 'red' };
}
