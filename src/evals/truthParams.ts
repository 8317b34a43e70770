import type { GraderParams } from '../core/evaluation/graders/rowParts.ts';
import type { RunConfig, TestItem } from '../core/evaluation/types.ts';

/** What the grader reads of an item. */
export function truthParams(config: RunConfig, { truth }: TestItem): Omit<GraderParams, 'sample'> {
  const { answerPrefix, truthPrefix = null, numberReader = null, graderOptions = null } = config;
  return { truth, answerPrefix, truthPrefix, numberReader, options: graderOptions };
}
