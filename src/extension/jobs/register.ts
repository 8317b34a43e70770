import type { Services } from '../services.ts';
import { JobEventLogs } from './documents/jobEvents.ts';
import { registerResultFiles } from './documents/resultFiles.ts';
import { LateTrainingFiles } from './documents/lateTrainingFiles.ts';
import type { JobSurfaces } from './lateCommands.ts';
import { tellJobEnded } from './notifyJobEnded.ts';
import { JobStatusBar } from './tree/jobStatusBar.ts';
import { JobsTree } from './tree/jobsTree.ts';

/** Registers the Jobs view, the read-only documents of jobs, the status bar item and the notification at a job's end. */
export function registerJobs(services: Services): {
  readonly surfaces: JobSurfaces;
  readonly disposables: readonly { dispose(): unknown }[];
} {
  const surfaces = {
    tree: new JobsTree(services),
    events: new JobEventLogs(services),
    files: new LateTrainingFiles(services),
  };
  return {
    surfaces,
    disposables: [
      ...Object.values(surfaces),
      new JobStatusBar(services),
      registerResultFiles(services),
      services.watch.onJobEnded((ended) => void tellJobEnded(services.ui, ended)),
    ],
  };
}
