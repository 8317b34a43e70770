import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { openCurve } from '../curves/openCurve.ts';
import { importDataset } from './hub/importDataset.ts';
import { findSuspiciousAnswers, showReport } from './report/showReport.ts';

export function datasetCommands(services: Services): CommandTable<'datasets'> {
  return {
    [COMMANDS.showReport]: (...args) => showReport(services, args),
    [COMMANDS.findSuspiciousAnswers]: (...args) => findSuspiciousAnswers(services, args),
    [COMMANDS.importDataset]: (...args) => importDataset(services, args),
    [COMMANDS.openCurve]: (...args) => openCurve(services, args),
  };
}
