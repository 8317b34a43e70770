import * as vscode from 'vscode';
import { COMMANDS, WALKTHROUGH, type CommandId } from '../contributions.ts';
import type { Services } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { addConnection, removeConnection, setApiKey } from './addConnection.ts';
import {
  cancelEvaluation,
  deleteEvaluation,
  evaluateModel,
  openEvaluation,
  resumeEvaluation,
} from './evaluateModel.ts';
import { copyJobId, copyModelName, copySnippet, recordOf } from './jobActions.ts';
import { registerCommand } from './registerCommand.ts';
import { startFineTuning } from './startFineTuning.ts';
import { tryModel } from './tryModel.ts';

/** Every command of the manifest that belongs to jobs, models, evaluations and connections. */
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
    register(COMMANDS.setApiKey, (arg) => setApiKey(services, connectionIdOf(arg))),
    register(COMMANDS.removeConnection, (arg) => removeConnection(services, connectionIdOf(arg))),
    register(COMMANDS.refreshJobs, async () => {
      requireTrust('asking for jobs');
      for (const connection of await services.connections.list()) await services.watch.look(connection.id, true);
    }),
    register(COMMANDS.openJob, (ref) => services.panels.openJob(refOf(services, ref))),
    register(COMMANDS.copyModelName, (ref) => copyModelName(services, ref)),
    register(COMMANDS.copyJobId, (ref) => copyJobId(services, ref)),
    register(COMMANDS.copyAsPython, (ref) => copySnippet(services, ref, 'python')),
    register(COMMANDS.copyAsTypeScript, (ref) => copySnippet(services, ref, 'typescript')),
    register(COMMANDS.copyAsCurl, (ref) => copySnippet(services, ref, 'curl')),
    register(COMMANDS.openEvaluation, (arg) => openEvaluation(services, arg)),
    register(COMMANDS.resumeEvaluation, (arg) => resumeEvaluation(services, arg)),
    register(COMMANDS.cancelEvaluation, (arg) => cancelEvaluation(services, arg)),
    register(COMMANDS.deleteEvaluation, (arg) => deleteEvaluation(services, arg)),
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

/** From a connection's node in the tree, or an id given by one of our own buttons. */
function connectionIdOf(arg: unknown): unknown {
  return typeof arg === 'object' && arg !== null && 'connectionId' in arg ? arg.connectionId : arg;
}
