import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { forgetInterrupted, goOnWithStart } from './interruptedStarts.ts';
import { exportNotebook } from './notebook/exportNotebook.ts';
import { newGrader } from './newGrader.ts';
import { startAgain } from './startAgain.ts';
import { startFineTuning } from './startFineTuning.ts';

export function fineTuningCommands(services: Services): CommandTable<'fineTuning'> {
  return {
    [COMMANDS.startFineTuning]: (...args) => startFineTuning(services, args),
    [COMMANDS.startAgain]: (ref, changes) => startAgain(services, ref, changes),
    [COMMANDS.resumeStart]: (start) => goOnWithStart(services, start),
    [COMMANDS.dismissStart]: (start) => forgetInterrupted(services, start),
    [COMMANDS.newGrader]: (dataset) => newGrader(services.ui, dataset),
    [COMMANDS.exportNotebook]: (...args) => exportNotebook(services, args),
  };
}
