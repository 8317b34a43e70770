import type { GraderType } from '../types.ts';
import { gradeLabel } from './label.ts';
import { gradeNumber, truthNumberOf } from './number.ts';
import { gradeRegex, patternOf } from './regex.ts';
import type { GraderParams, RowParts } from './rowParts.ts';
import { gradeContains, gradeStringCheck, replyTextOf, truthTextOf } from './stringCheck.ts';

/** Looks for a pattern with a deadline; null: not known in time. */
export type Match = (pattern: string, flags: string, text: string) => Promise<boolean | null>;

/** Tells whether the expected answer gives the grader something to compare with: a number, or any text. */
export function isGradable(grader: GraderType, params: Omit<GraderParams, 'sample'>): boolean {
  if (grader === 'number') return truthNumberOf(params) !== null;
  if (grader === 'regex') return gradeRegex({ ...params, sample: '' }, false).status !== 'ungradable';
  return truthTextOf(params) !== '';
}

/** Grades one reply; `regex` needs `gradeWith`. Pure; never throws; no figure in the result is NaN or infinite. */
export function grade(grader: Exclude<GraderType, 'regex'>, params: GraderParams): RowParts {
  switch (grader) {
    case 'number':
      return gradeNumber(params);
    case 'string_check':
      return gradeStringCheck(params);
    case 'contains':
      return gradeContains(params);
    case 'label':
      return gradeLabel(params);
  }
}

/** Grades one reply by any grader; a pattern is looked for by `match`. */
export async function gradeWith(grader: GraderType, params: GraderParams, match: Match): Promise<RowParts> {
  if (grader !== 'regex') return grade(grader, params);
  const { options } = params;
  const pattern = patternOf(options ?? {}, truthTextOf(params));
  return gradeRegex(params, await match(pattern, options?.flags ?? '', replyTextOf(params)));
}
