import type { LeakCounts } from '../dataset/compare/leakage.ts';
import type { TrainedOn } from './types.ts';

/** Overlap of a test file with a training file, from the rows that are in both: the same in the window and on the command line. */
export function trainedOnOf({ exact, prompt, near }: LeakCounts): TrainedOn {
  return { same: exact + prompt, near };
}
