import * as vscode from 'vscode';
import type { SnippetLanguage } from '../core/training/words/codeSnippets.ts';
import { requireTrust } from './ui/trust.ts';
import { addConnection } from './connections/addConnection.ts';
import {
  checkConnection,
  editConnection,
  removeConnection,
  renameConnection,
  setApiKey,
} from './connections/commands.ts';
import {
  cancelEvaluation,
  deleteEvaluation,
  evaluateModel,
  openEvaluation,
  resumeEvaluation,
} from './evaluation/commands/evaluateModel.ts';
import { copyJobId, copyModelName, copySnippet, recordOf } from './jobs/commands/jobActions.ts';
import { copyModelSnippet, copyNameOfModel, deleteModel, isModelRef, setDeployment } from './models/modelCommands.ts';
import { showReport } from './datasets/report/showReport.ts';
import { startFineTuning } from './fineTuning/startFineTuning.ts';
import { tryModel } from './models/tryModel.ts';
import { clearData } from './data/clearData.ts';
import { exportDiagnostics } from './data/exportDiagnostics.ts';
import { LOAD_MORE_JOBS } from './jobs/tree/olderJobs.ts';
import { forgetInterrupted, goOnWithStart } from './fineTuning/interruptedStarts.ts';
import { cancelJob, pauseJob, resumeJob } from './jobs/commands/jobControl.ts';
import { deleteTrainingFile, downloadResults } from './jobs/commands/jobFiles.ts';
import { clearJobFilter, filterJobs, showHiddenJobs } from './jobs/commands/filterCommands.ts';
import { openInDashboard, openWandbRun } from './jobs/commands/jobLinks.ts';
import { adoptJob, hideJob, renameJob, unhideJob } from './jobs/commands/nameAndHide.ts';
import { deleteOrphans } from './data/orphanFiles.ts';
import { newGrader } from './fineTuning/newGrader.ts';
import { startAgain } from './fineTuning/startAgain.ts';
import { COMMANDS, WALKTHROUGH } from './contributions.ts';
import type { JobEventLogs } from './jobs/documents/jobEvents.ts';
import type { TrainingFiles } from './jobs/documents/trainingFiles.ts';
import type { Services } from './services.ts';
import type { JobsTree } from './jobs/tree/jobsTree.ts';
import type { LateCommand } from './lateCommands.ts';

export interface CommandContext {
  readonly services: Services;
  readonly tree: JobsTree;
  readonly events: JobEventLogs;
  readonly files: TrainingFiles;
}

export type Run = (...args: readonly unknown[]) => Promise<void> | void;

/** What the commands of jobs, models, evaluations, connections and reports do; read with the first of them. */
export function commandTable({ services, tree, events, files }: CommandContext): Readonly<Record<LateCommand, Run>> {
  return {
    [COMMANDS.startFineTuning]: (...args) => startFineTuning(services, args),
    [COMMANDS.evaluateModel]: (...args) => evaluateModel(services, args),
    [COMMANDS.tryModel]: (...args) => tryModel(services, args),
    [COMMANDS.addConnection]: async () => {
      await services.watch.look((await addConnection(services)).id, true);
    },
    [COMMANDS.setApiKey]: (arg) => setApiKey(services, arg),
    [COMMANDS.checkConnection]: (arg) => checkConnection(services, arg),
    [COMMANDS.renameConnection]: (arg) => renameConnection(services, arg),
    [COMMANDS.editConnection]: (arg) => editConnection(services, arg),
    [COMMANDS.removeConnection]: (arg) => removeConnection(services, arg),
    [COMMANDS.deleteModel]: async (arg) => {
      await deleteModel(services, arg);
      await vscode.commands.executeCommand(COMMANDS.refreshModels);
    },
    [COMMANDS.setDeployment]: (arg) => setDeployment(services, arg),
    [COMMANDS.refreshJobs]: async () => {
      requireTrust('asking for jobs');
      for (const connection of await services.connections.list()) await services.watch.look(connection.id, true);
    },
    [COMMANDS.openJob]: (ref) => services.panels.openJob(refOf(services, ref)),
    [COMMANDS.copyModelName]: (ref) => (isModelRef(ref) ? copyNameOfModel(ref) : copyModelName(services, ref)),
    [COMMANDS.copyJobId]: (ref) => copyJobId(services, ref),
    [COMMANDS.copyAsPython]: (ref) => copyCode(services, ref, 'python'),
    [COMMANDS.copyAsTypeScript]: (ref) => copyCode(services, ref, 'typescript'),
    [COMMANDS.copyAsCurl]: (ref) => copyCode(services, ref, 'curl'),
    [COMMANDS.openEvaluation]: (arg) => openEvaluation(services, arg),
    [COMMANDS.resumeEvaluation]: (arg) => resumeEvaluation(services, arg),
    [COMMANDS.cancelEvaluation]: (arg) => cancelEvaluation(services, arg),
    [COMMANDS.deleteEvaluation]: (arg) => deleteEvaluation(services, arg),
    [COMMANDS.showReport]: (...args) => showReport(services, args),
    [COMMANDS.getStarted]: async () => {
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH);
    },
    [COMMANDS.showLog]: () => {
      services.log.show();
    },
    [COMMANDS.cancelJob]: (ref) => cancelJob(services, ref),
    [COMMANDS.pauseJob]: (ref) => pauseJob(services, ref),
    [COMMANDS.resumeJob]: (ref) => resumeJob(services, ref),
    [COMMANDS.resumeStart]: (start) => goOnWithStart(services, start),
    [COMMANDS.dismissStart]: (start) => forgetInterrupted(services, start),
    [COMMANDS.deleteOrphans]: (connection) => deleteOrphans(services, connectionIdOf(connection)),
    [COMMANDS.startAgain]: (ref) => startAgain(services, ref),
    [COMMANDS.newGrader]: (dataset) => newGrader(dataset),
    [COMMANDS.hideJob]: (ref) => hideJob(services, ref),
    [COMMANDS.unhideJob]: (ref) => unhideJob(services, ref),
    [COMMANDS.renameJob]: (ref) => renameJob(services, ref),
    [COMMANDS.adoptJob]: (ref) => adoptJob(services, ref),
    [COMMANDS.showHiddenJobs]: () => {
      showHiddenJobs(tree, true);
    },
    [COMMANDS.leaveOutHiddenJobs]: () => {
      showHiddenJobs(tree, false);
    },
    [COMMANDS.filterJobs]: () => filterJobs(services, tree),
    [COMMANDS.clearJobFilter]: () => {
      clearJobFilter(tree);
    },
    [LOAD_MORE_JOBS]: (connectionId) => tree.loadMore(connectionId),
    [COMMANDS.showJobEvents]: (ref) => events.open(ref),
    [COMMANDS.openTrainingFile]: (ref, role) => files.open(ref, role === 'validation' ? { role: 'validation' } : {}),
    [COMMANDS.openFailedLine]: (ref) => files.openFailedLine(ref),
    [COMMANDS.deleteTrainingFile]: (ref) => deleteTrainingFile(services, ref),
    [COMMANDS.downloadResults]: (ref) => downloadResults(services, ref),
    [COMMANDS.openInDashboard]: (ref) => openInDashboard(services, ref),
    [COMMANDS.openWandbRun]: (ref) => openWandbRun(services, ref),
    [COMMANDS.clearData]: () => clearData(services),
    [COMMANDS.exportDiagnostics]: () => exportDiagnostics(services),
  };
}

const refOf = (services: Services, ref: unknown): { connectionId: string; jobId: string } => {
  const { connectionId, job } = recordOf(services, ref);
  return { connectionId, jobId: job.id };
};

/** Called on a model or on a job, whose model's name the code finds out. */
function copyCode(services: Services, ref: unknown, language: SnippetLanguage): Promise<void> {
  return isModelRef(ref) ? copyModelSnippet(services, ref, language) : copySnippet(services, ref, language);
}

/** From a connection's node in the tree. */
function connectionIdOf(arg: unknown): unknown {
  return typeof arg === 'object' && arg !== null && 'connectionId' in arg ? arg.connectionId : undefined;
}
