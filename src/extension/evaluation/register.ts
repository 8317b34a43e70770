import type { LateCommands } from '../contributions.ts';
import type { EvaluationsTree } from './tree/evaluationsTree.ts';

/** The Evaluations view. Its tree is made before its commands, which need it. */
export function registerEvaluations(tree: EvaluationsTree, late: LateCommands): readonly { dispose(): unknown }[] {
  return [tree, ...late('evaluation')];
}
