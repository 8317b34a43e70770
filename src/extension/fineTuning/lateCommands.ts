import { COMMANDS, INTERNAL, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { forgetInterrupted, goOnWithStart } from './interruptedStarts.ts';
import { exportNotebook } from './notebook/exportNotebook.ts';
import { newGrader } from './newGrader.ts';
import { startAgain } from './startAgain.ts';
import { startSweep } from './startSweep.ts';
import { cancelSweep, resumeSweeps } from './sweeps.ts';
import { startFineTuning } from './startFineTuning.ts';

export function fineTuningCommands(services: Services): CommandTable<'fineTuning'> {
  return {
    [COMMANDS.startFineTuning]: (...args) => startFineTuning(services, args),
    [COMMANDS.startAgain]: (ref, changes) => startAgain(services, ref, changes),
    [COMMANDS.sweep]: (...args) => startSweep(services, args),
    [COMMANDS.cancelSweep]: (sweep) => cancelSweep(services, sweep),
    [INTERNAL.resumeSweeps]: () => void resumeSweeps(services),
    [COMMANDS.resumeStart]: (start) => goOnWithStart(services, start),
    [COMMANDS.dismissStart]: (start) => forgetInterrupted(services, start),
    [COMMANDS.newGrader]: (dataset) => newGrader(services.ui, dataset),
    [COMMANDS.exportNotebook]: (...args) => exportNotebook(services, args),
  };
}
