import * as vscode from 'vscode';
import type { SnippetLanguage } from '../../core/training/codeSnippets.ts';
import { COMMANDS, WALKTHROUGH, type CommandId } from '../contributions.ts';
import type { Services } from '../services.ts';
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
import { registerCommand } from './registerCommand.ts';
import { showReport } from './showReport.ts';
import { startFineTuning } from './startFineTuning.ts';
import { tryModel } from './tryModel.ts';

/** Every command of the manifest that belongs to jobs, models, evaluations and connections, and the report of a dataset. */
export function registerCommands(services: Services): readonly vscode.Disposable[] {
  const register = (id: CommandId, run: (...args: readonly unknown[]) => Promise<void> | void): vscode.Disposable =>
    registerCommand(services.log, id, run);
  return [
    register(COMMANDS.startFineTuning, (...args) => startFineTuning(services, args)),
    register(COMMANDS.evaluateModel, (...args) => evaluateModel(services, args)),
    register(COMMANDS.tryModel, (...args) => tryModel(services, args)),
    register(COMMANDS.addConnection, async () => {
      await services.watch.look((await addConnection(services)).id, true);
    }),
    register(COMMANDS.setApiKey, (arg) => setApiKey(services, arg)),
    register(COMMANDS.checkConnection, (arg) => checkConnection(services, arg)),
    register(COMMANDS.renameConnection, (arg) => renameConnection(services, arg)),
    register(COMMANDS.editConnection, (arg) => editConnection(services, arg)),
    register(COMMANDS.removeConnection, (arg) => removeConnection(services, arg)),
    register(COMMANDS.deleteModel, async (arg) => {
      await deleteModel(services, arg);
      await vscode.commands.executeCommand(COMMANDS.refreshModels);
    }),
    register(COMMANDS.setDeployment, (arg) => setDeployment(services, arg)),
    register(COMMANDS.refreshJobs, async () => {
      requireTrust('asking for jobs');
      for (const connection of await services.connections.list()) await services.watch.look(connection.id, true);
    }),
    register(COMMANDS.openJob, (ref) => services.panels.openJob(refOf(services, ref))),
    register(COMMANDS.copyModelName, (ref) => (isModelRef(ref) ? copyNameOfModel(ref) : copyModelName(services, ref))),
    register(COMMANDS.copyJobId, (ref) => copyJobId(services, ref)),
    register(COMMANDS.copyAsPython, (ref) => copyCode(services, ref, 'python')),
    register(COMMANDS.copyAsTypeScript, (ref) => copyCode(services, ref, 'typescript')),
    register(COMMANDS.copyAsCurl, (ref) => copyCode(services, ref, 'curl')),
    register(COMMANDS.openEvaluation, (arg) => openEvaluation(services, arg)),
    register(COMMANDS.resumeEvaluation, (arg) => resumeEvaluation(services, arg)),
    register(COMMANDS.cancelEvaluation, (arg) => cancelEvaluation(services, arg)),
    register(COMMANDS.deleteEvaluation, (arg) => deleteEvaluation(services, arg)),
    register(COMMANDS.showReport, (...args) => showReport(services, args)),
    register(COMMANDS.getStarted, async () => {
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH);
    }),
    register(COMMANDS.showLog, () => {
      services.log.show();
    }),
  ];
}

const refOf = (services: Services, ref: unknown): { connectionId: string; jobId: string } => {
  const { connectionId, job } = recordOf(services, ref);
  return { connectionId, jobId: job.id };
};

/** Called on a model or on a job, whose model's name the code finds out. */
function copyCode(services: Services, ref: unknown, language: SnippetLanguage): Promise<void> {
  return isModelRef(ref) ? copyModelSnippet(services, ref, language) : copySnippet(services, ref, language);
}
