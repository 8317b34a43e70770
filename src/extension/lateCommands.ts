import type * as vscode from 'vscode';
import { COMMANDS } from './contributions.ts';
import { JobEventLogs } from './jobs/documents/jobEvents.ts';
import { TrainingFiles } from './jobs/documents/trainingFiles.ts';
import { LimitsFile } from './connections/limitsFile.ts';
import type { Services } from './services.ts';
import { JobStatusBar } from './jobs/tree/jobStatusBar.ts';
import type { JobsTree } from './jobs/tree/jobsTree.ts';
import { LOAD_MORE_JOBS } from './jobs/tree/olderJobs.ts';
import { registerCommand } from './ui/registerCommand.ts';

/** Commands whose code is read with the first of them (commandTable.ts): activation pays for none of it. */
export const LATE_COMMANDS = [
  COMMANDS.startFineTuning,
  COMMANDS.evaluateModel,
  COMMANDS.tryModel,
  COMMANDS.addConnection,
  COMMANDS.setApiKey,
  COMMANDS.checkConnection,
  COMMANDS.renameConnection,
  COMMANDS.editConnection,
  COMMANDS.removeConnection,
  COMMANDS.deleteModel,
  COMMANDS.setDeployment,
  COMMANDS.refreshJobs,
  COMMANDS.openJob,
  COMMANDS.copyModelName,
  COMMANDS.copyJobId,
  COMMANDS.copyAsPython,
  COMMANDS.copyAsTypeScript,
  COMMANDS.copyAsCurl,
  COMMANDS.openEvaluation,
  COMMANDS.resumeEvaluation,
  COMMANDS.cancelEvaluation,
  COMMANDS.deleteEvaluation,
  COMMANDS.showReport,
  COMMANDS.getStarted,
  COMMANDS.showLog,
  COMMANDS.cancelJob,
  COMMANDS.pauseJob,
  COMMANDS.resumeJob,
  COMMANDS.resumeStart,
  COMMANDS.dismissStart,
  COMMANDS.deleteOrphans,
  COMMANDS.startAgain,
  COMMANDS.newGrader,
  COMMANDS.hideJob,
  COMMANDS.unhideJob,
  COMMANDS.renameJob,
  COMMANDS.adoptJob,
  COMMANDS.showHiddenJobs,
  COMMANDS.leaveOutHiddenJobs,
  COMMANDS.filterJobs,
  COMMANDS.clearJobFilter,
  LOAD_MORE_JOBS,
  COMMANDS.showJobEvents,
  COMMANDS.openTrainingFile,
  COMMANDS.openFailedLine,
  COMMANDS.deleteTrainingFile,
  COMMANDS.downloadResults,
  COMMANDS.openInDashboard,
  COMMANDS.openWandbRun,
  COMMANDS.clearData,
  COMMANDS.exportDiagnostics,
] as const;

export type LateCommand = (typeof LATE_COMMANDS)[number];

/** Every command that belongs to jobs, models, evaluations, connections and reports, and the documents and the status-bar item of jobs. */
export function registerCommands(services: Services, tree: JobsTree): readonly { dispose(): unknown }[] {
  const events = new JobEventLogs(services);
  const files = new TrainingFiles(services);
  const limits = new LimitsFile(services);
  const late = (id: LateCommand): vscode.Disposable =>
    registerCommand(services.log, id, async (...args) => {
      limits.used();
      const { commandTable } = await import('./commandTable.ts');
      await commandTable({ services, tree, events, files })[id](...args);
    });
  const lookedAt = whenLookedAt(tree, () => {
    limits.used();
    import('./data/clearData.ts')
      .then(({ applyRetention }) => applyRetention(services))
      .catch((error: unknown) => {
        services.log.error('What is older than the setting allows could not be deleted', error);
      });
  });
  return [events, files, limits, new JobStatusBar(services), ...LATE_COMMANDS.map(late), lookedAt];
}

/** Once, when the tree is first seen: not at start-up, which reads one small file. */
function whenLookedAt(tree: JobsTree, run: () => void): { dispose(): unknown } {
  let done = false;
  const once = (visible: boolean): void => {
    if (!visible || done) return;
    done = true;
    run();
  };
  once(tree.view.visible);
  return tree.view.onDidChangeVisibility(({ visible }) => {
    once(visible);
  });
}
