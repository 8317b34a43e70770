import type * as vscode from 'vscode';
import { COMMANDS, type CommandId } from '../contributions.ts';
import { JobEventLogs } from '../documents/jobEvents.ts';
import { TrainingFiles } from '../documents/trainingFiles.ts';
import type { Services } from '../services.ts';
import type { JobsTree } from '../views/jobsTree.ts';
import { clearData, applyRetention } from '../storage/clearData.ts';
import { exportDiagnostics } from '../storage/exportDiagnostics.ts';
import { JobStatusBar } from '../views/jobStatusBar.ts';
import { LOAD_MORE_JOBS } from '../views/olderJobs.ts';
import { forgetInterrupted, goOnWithStart } from './interruptedStarts.ts';
import { cancelJob, pauseJob, resumeJob } from './jobControl.ts';
import { deleteTrainingFile, downloadResults } from './jobFiles.ts';
import { clearJobFilter, filterJobs, showHiddenJobs } from './jobFilterCommands.ts';
import { openInDashboard, openWandbRun } from './jobLinks.ts';
import { adoptJob, hideJob, renameJob, unhideJob } from './jobLocal.ts';
import { deleteOrphans } from './orphanFiles.ts';
import { newGrader } from './newGrader.ts';
import { registerCommand } from './registerCommand.ts';
import { startAgain } from './startAgain.ts';

/** What can be done with a job, and the documents and the status-bar item that belong to jobs. */
export function registerJobCommands(services: Services, tree: JobsTree): readonly { dispose(): unknown }[] {
  const register = (id: CommandId, run: (...args: readonly unknown[]) => Promise<void> | void): vscode.Disposable =>
    registerCommand(services.log, id, run);
  const events = new JobEventLogs(services);
  const files = new TrainingFiles(services);
  return [
    events,
    files,
    new JobStatusBar(services),
    register(COMMANDS.cancelJob, (ref) => cancelJob(services, ref)),
    register(COMMANDS.pauseJob, (ref) => pauseJob(services, ref)),
    register(COMMANDS.resumeJob, (ref) => resumeJob(services, ref)),
    register(COMMANDS.resumeStart, (start) => goOnWithStart(services, start)),
    register(COMMANDS.dismissStart, (start) => forgetInterrupted(services, start)),
    register(COMMANDS.deleteOrphans, (connection) => deleteOrphans(services, connectionIdOf(connection))),
    register(COMMANDS.startAgain, (ref) => startAgain(services, ref)),
    register(COMMANDS.newGrader, (dataset) => newGrader(dataset)),
    register(COMMANDS.hideJob, (ref) => hideJob(services, ref)),
    register(COMMANDS.unhideJob, (ref) => unhideJob(services, ref)),
    register(COMMANDS.renameJob, (ref) => renameJob(services, ref)),
    register(COMMANDS.adoptJob, (ref) => adoptJob(services, ref)),
    register(COMMANDS.showHiddenJobs, () => {
      showHiddenJobs(tree, true);
    }),
    register(COMMANDS.leaveOutHiddenJobs, () => {
      showHiddenJobs(tree, false);
    }),
    register(COMMANDS.filterJobs, () => filterJobs(services, tree)),
    register(COMMANDS.clearJobFilter, () => {
      clearJobFilter(tree);
    }),
    register(LOAD_MORE_JOBS, (connectionId) => tree.loadMore(connectionId)),
    register(COMMANDS.showJobEvents, (ref) => events.open(ref)),
    register(COMMANDS.openTrainingFile, (ref, role) =>
      files.open(ref, role === 'validation' ? { role: 'validation' } : {}),
    ),
    register(COMMANDS.openFailedLine, (ref) => files.openFailedLine(ref)),
    register(COMMANDS.deleteTrainingFile, (ref) => deleteTrainingFile(services, ref)),
    register(COMMANDS.downloadResults, (ref) => downloadResults(services, ref)),
    register(COMMANDS.openInDashboard, (ref) => openInDashboard(services, ref)),
    register(COMMANDS.openWandbRun, (ref) => openWandbRun(services, ref)),
    register(COMMANDS.clearData, () => clearData(services)),
    register(COMMANDS.exportDiagnostics, () => exportDiagnostics(services)),
    whenLookedAt(tree, () => applyRetention(services), services.log),
  ];
}

/** From a connection's node in the tree. */
function connectionIdOf(arg: unknown): unknown {
  return typeof arg === 'object' && arg !== null && 'connectionId' in arg ? arg.connectionId : undefined;
}

/** Once, when the tree is first seen: not at start-up, which reads one small file. */
function whenLookedAt(tree: JobsTree, run: () => Promise<void>, log: Services['log']): { dispose(): unknown } {
  let done = false;
  const once = (visible: boolean): void => {
    if (!visible || done) return;
    done = true;
    run().catch((error: unknown) => {
      log.error('What is older than the setting allows could not be deleted', error);
    });
  };
  once(tree.view.visible);
  return tree.view.onDidChangeVisibility(({ visible }) => {
    once(visible);
  });
}
