import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import type { EvaluationsTree } from './tree/evaluationsTree.ts';
import { compareEvaluations, exportEvaluation, filterEvaluations, renameEvaluation } from './commands/runCommands.ts';
import { evaluateReplacement } from './commands/evaluateReplacement.ts';
import { runEvaluationFile } from './files/runEvaluationFile.ts';
import {
  cancelEvaluation,
  deleteEvaluation,
  evaluateModel,
  openEvaluation,
  resumeEvaluation,
  runEvaluationAgain,
} from './commands/evaluateModel.ts';

/** The part of the tree that commands change. */
export type FilteredTree = Pick<EvaluationsTree, 'filter' | 'setFilter'>;

export function evaluationCommands(services: Services, tree: FilteredTree): CommandTable<'evaluation'> {
  return {
    [COMMANDS.evaluateModel]: (...args) => evaluateModel(services, args),
    [COMMANDS.runEvaluationFile]: (arg) => runEvaluationFile(services, arg),
    [COMMANDS.openEvaluation]: (arg) => openEvaluation(services, arg),
    [COMMANDS.resumeEvaluation]: (arg) => resumeEvaluation(services, arg),
    [COMMANDS.cancelEvaluation]: (arg) => cancelEvaluation(services, arg),
    [COMMANDS.deleteEvaluation]: (arg) => deleteEvaluation(services, arg),
    [COMMANDS.runEvaluationAgain]: (arg) => runEvaluationAgain(services, arg),
    [COMMANDS.compareEvaluations]: (...args) => compareEvaluations(services, args),
    [COMMANDS.exportEvaluation]: (arg) => exportEvaluation(services, arg),
    [COMMANDS.evaluateReplacement]: (...args) => evaluateReplacement(services, args),
    [COMMANDS.renameEvaluation]: (arg) => renameEvaluation(services, arg),
    [COMMANDS.filterEvaluations]: () => filterEvaluations(services, tree),
    [COMMANDS.clearEvaluationFilter]: () => {
      tree.setFilter('');
    },
  };
}
