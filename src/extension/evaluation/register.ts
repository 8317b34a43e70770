import type { LateCommands } from '../contributions.ts';
import type { Services } from '../services.ts';
import { EvaluationsTree } from './tree/evaluationsTree.ts';

/** The Evaluations view. */
export function registerEvaluations(
  { runs, connections }: Services,
  late: LateCommands,
): readonly { dispose(): unknown }[] {
  return [new EvaluationsTree(runs, connections), ...late('evaluation')];
}
