import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import {
  cancelEvaluation,
  deleteEvaluation,
  evaluateModel,
  openEvaluation,
  resumeEvaluation,
} from './commands/evaluateModel.ts';

export function evaluationCommands(services: Services): CommandTable<'evaluation'> {
  return {
    [COMMANDS.evaluateModel]: (...args) => evaluateModel(services, args),
    [COMMANDS.openEvaluation]: (arg) => openEvaluation(services, arg),
    [COMMANDS.resumeEvaluation]: (arg) => resumeEvaluation(services, arg),
    [COMMANDS.cancelEvaluation]: (arg) => cancelEvaluation(services, arg),
    [COMMANDS.deleteEvaluation]: (arg) => deleteEvaluation(services, arg),
  };
}
