import * as vscode from 'vscode';
import type { SnippetLanguage } from '../../core/training/codeSnippets.ts';
import { requireTrust } from '../trust.ts';
import { addConnection } from './addConnection.ts';
import {
  checkConnection,
  editConnection,
  removeConnection,
  renameConnection,
  setApiKey,
} from './connectionCommands.ts';
import {
  cancelEvaluation,
  deleteEvaluation,
  evaluateModel,
  openEvaluation,
  resumeEvaluation,
} from './evaluateModel.ts';
import { copyJobId, copyModelName, copySnippet, recordOf } from './jobActions.ts';
import { copyModelSnippet, copyNameOfModel, deleteModel, isModelRef, setDeployment } from './modelCommands.ts';
import { showReport } from './showReport.ts';
import { startFineTuning } from './startFineTuning.ts';
import { tryModel } from './tryModel.ts';
import { clearData } from '../storage/clearData.ts';
import { exportDiagnostics } from '../storage/exportDiagnostics.ts';
import { LOAD_MORE_JOBS } from '../views/olderJobs.ts';
import { forgetInterrupted, goOnWithStart } from './interruptedStarts.ts';
import { cancelJob, pauseJob, resumeJob } from './jobControl.ts';
import { deleteTrainingFile, downloadResults } from './jobFiles.ts';
import { clearJobFilter, filterJobs, showHiddenJobs } from './jobFilterCommands.ts';
import { openInDashboard, openWandbRun } from './jobLinks.ts';
import { adoptJob, hideJob, renameJob, unhideJob } from './jobLocal.ts';
import { deleteOrphans } from './orphanFiles.ts';
import { newGrader } from './newGrader.ts';
import { startAgain } from './startAgain.ts';
import { COMMANDS, WALKTHROUGH } from '../contributions.ts';
import type { JobEventLogs } from '../documents/jobEvents.ts';
import type { TrainingFiles } from '../documents/trainingFiles.ts';
import type { Services } from '../services.ts';
import type { JobsTree } from '../views/jobsTree.ts';
import type { LateCommand } from './registerCommands.ts';

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
