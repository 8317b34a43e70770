import type { GraderType } from '../types.ts';
import { gradeNumber, truthNumberOf } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';
import { gradeStringCheck, truthTextOf } from './stringCheck.ts';

/** Tells whether the expected answer gives the grader something to compare with: a number, or any text. */
export function isGradable(grader: GraderType, params: Omit<GraderParams, 'sample'>): boolean {
  return grader === 'number' ? truthNumberOf(params) !== null : truthTextOf(params) !== '';
}

/** Grades one reply. Pure; never throws; no figure in the result is NaN or infinite. */
export function grade(grader: GraderType, params: GraderParams): RowParts {
  return grader === 'number' ? gradeNumber(params) : gradeStringCheck(params);
}
