import type { GraderType } from '../types.ts';
import { gradeNumber } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';
import { gradeStringCheck } from './stringCheck.ts';

/** Grades one reply. Pure; never throws; no figure in the result is NaN or infinite. */
export function grade(grader: GraderType, params: GraderParams): RowParts {
  return grader === 'number' ? gradeNumber(params) : gradeStringCheck(params);
}
