import { connectionCommands } from './connections/lateCommands.ts';
import type { CommandTable } from './contributions.ts';
import { dataCommands } from './data/lateCommands.ts';
import { datasetCommands } from './datasets/lateCommands.ts';
import { evaluationCommands, type FilteredTree } from './evaluation/lateCommands.ts';
import { fineTuningCommands } from './fineTuning/lateCommands.ts';
import { jobCommands, type JobSurfaces } from './jobs/lateCommands.ts';
import { leavingCommands } from './leaving/lateCommands.ts';
import { modelCommands } from './models/lateCommands.ts';
import { openWeightsCommands } from './openWeights/lateCommands.ts';
import type { Services } from './services.ts';

/**
 * Late commands of all features. They share one table, since each part of a split bundle costs half a kilobyte of its own, and a user
 * of one command soon needs another.
 */
export function commandTable(services: Services, surfaces: JobSurfaces, evaluations: FilteredTree): CommandTable {
  return {
    ...connectionCommands(services),
    ...datasetCommands(services),
    ...fineTuningCommands(services),
    ...jobCommands(services, surfaces),
    ...modelCommands(services),
    ...leavingCommands(services),
    ...evaluationCommands(services, evaluations),
    ...openWeightsCommands(services),
    ...dataCommands(services),
  };
}
