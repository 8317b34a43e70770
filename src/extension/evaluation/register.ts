import type { LateCommands } from '../contributions.ts';
import type { Services } from '../services.ts';
import { EvaluationFileMarks } from './files/evaluationFileMarks.ts';
import type { EvaluationsTree } from './tree/evaluationsTree.ts';

/** The Evaluations view, and marks in evaluation files. The tree is made before its commands, which need it. */
export function registerEvaluations(
  services: Pick<Services, 'connections' | 'log'>,
  tree: EvaluationsTree,
  late: LateCommands,
): readonly { dispose(): unknown }[] {
  return [tree, new EvaluationFileMarks(services), ...late('evaluation')];
}
