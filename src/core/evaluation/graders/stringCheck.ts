import { withoutPrefix } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';

/** Exact match after trimming; an answer prefix is left out on both sides. */
export function gradeStringCheck({ sample, truth, answerPrefix }: GraderParams): RowParts {
  const prefix = answerPrefix ?? '';
  const guess = withoutPrefix(sample, prefix).trim();
  const wanted = withoutPrefix(truth, prefix).trim();
  return { status: 'graded', guess, truth: wanted, error: null, colour: guess === wanted ? 'green' : 'red' };
}
