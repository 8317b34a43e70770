import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { RunRegistry } from '../evals/registry.ts';
import { JobStore } from '../jobs/store.ts';
import { addConnection, removeConnection, setApiKey } from './commands/addConnection.ts';
import {
  cancelEvaluation,
  deleteEvaluation,
  evaluateModel,
  openEvaluation,
  resumeEvaluation,
} from './commands/evaluateModel.ts';
import { cancelJob, copyJobId, copyModelName, copySnippet, recordOf } from './commands/jobActions.ts';
import { registerCommand } from './commands/registerCommand.ts';
import { startFineTuning } from './commands/startFineTuning.ts';
import { tryModel } from './commands/tryModel.ts';
import { ConnectionStore } from './connections.ts';
import { COMMANDS, WALKTHROUGH, type CommandId } from './contributions.ts';
import { registerDatasets } from './datasets/register.ts';
import { DatasetWorkerClient } from './datasetWorkerClient.ts';
import { registerResultFiles } from './documents/resultFiles.ts';
import { showProblem } from './errors.ts';
import { JobWatch } from './jobWatch.ts';
import { LocalServer } from './localServer.ts';
import { createLog } from './log.ts';
import { tellJobEnded } from './notifyJobEnded.ts';
import { Panels } from './panels/panels.ts';
import { Providers, type OpenAIModule } from './providers.ts';
import { KeyStore } from './secrets.ts';
import type { Services } from './services.ts';
import { EvaluationsTree } from './views/evaluationsTree.ts';
import { JobsTree } from './views/jobsTree.ts';

/** A bundle of its own beside this one, so that its 220 kB are read when somebody is asked and not before. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- `import()` would be bundled into this file
const loadOpenAI = (): OpenAIModule => require('./openai.cjs') as OpenAIModule;

let closing: (() => Promise<void>) | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = createLog();
  const folder = context.globalStorageUri.fsPath;
  const dist = path.join(context.extensionPath, 'dist');
  await mkdir(folder, { recursive: true });

  const connections = new ConnectionStore(folder);
  const keys = new KeyStore(context.secrets);
  const local = new LocalServer({ cli: path.join(dist, 'cli.js'), folder: path.join(folder, 'local') });
  const providers = new Providers(connections, keys, local, loadOpenAI);
  const datasets = new DatasetWorkerClient(path.join(dist, 'datasetWorker.js'));
  const jobs = new JobStore({
    folder: path.join(folder, 'jobs'),
    onProblem: (problem) => void showProblem(log, problem),
  });
  const watch = new JobWatch({ store: jobs, providers, log, folder });
  const runs = new RunRegistry(path.join(folder, 'evaluations'));
  const panels = new Panels({
    log,
    jobs,
    providers,
    connections,
    datasets,
    runs,
    watch,
    extensionUri: context.extensionUri,
  });
  const services: Services = {
    context,
    folder,
    log,
    connections,
    keys,
    providers,
    datasets,
    jobs,
    watch,
    runs,
    panels,
  };
  const jobsTree = new JobsTree(services);
  const evaluationsTree = new EvaluationsTree(runs);

  context.subscriptions.push(
    log,
    jobsTree,
    evaluationsTree,
    panels.registerSerializers(),
    registerResultFiles(services),
    keys.onDidChange(() => {
      providers.forget();
    }),
    watch.onJobEnded((ended) => void tellJobEnded(ended)),
    ...registerCommands(services),
    ...registerDatasets(services),
  );
  closing = async () => {
    watch.dispose();
    await Promise.allSettled([jobs.dispose(), runs.dispose(), datasets.dispose(), watch.flush()]);
  };
  // Not awaited: start-up is over before anything is asked.
  void watch.resume().catch((error: unknown) => {
    log.error('Watching the jobs that had not ended could not go on', error);
  });
}

function registerCommands(services: Services): readonly vscode.Disposable[] {
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
      for (const connection of await services.connections.list()) await services.watch.look(connection.id, true);
    }),
    register(COMMANDS.openJob, (ref) => services.panels.openJob(refOf(services, ref))),
    register(COMMANDS.cancelJob, (ref) => cancelJob(services, ref)),
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

export async function deactivate(): Promise<void> {
  await closing?.();
}
