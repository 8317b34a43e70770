import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { RunRegistry } from '../evals/registry.ts';
import { JobStore } from '../jobs/store/store.ts';
import { registerCommand } from './ui/registerCommand.ts';
import { registerCommands } from './lateCommands.ts';
import { ConnectionStore } from '../connections/store.ts';
import { COMMANDS } from './contributions.ts';
import { registerDatasets } from './datasets/register.ts';
import { DatasetWorkerClient } from './datasets/workerClient.ts';
import { LineExcerpts } from './datasets/excerpts.ts';
import { registerResultFiles } from './jobs/documents/resultFiles.ts';
import { DeadlineNotices } from './models/deadlineNotices.ts';
import { showProblem } from './ui/errors.ts';
import { JobWatch } from './jobs/jobWatch.ts';
import { LocalServer } from '../connections/localServerProcess.ts';
import { createLog } from './ui/log.ts';
import { tellJobEnded } from './jobs/notifyJobEnded.ts';
import { Panels } from './panels/panels.ts';
import { Providers, type OpenAIModule } from './connections/providers.ts';
import { KeyStore } from './connections/keyStore.ts';
import type { Services } from './services.ts';
import { Starts } from './fineTuning/starts.ts';
import { EvaluationsTree } from './evaluation/tree/evaluationsTree.ts';
import { JobsTree } from './jobs/tree/jobsTree.ts';
import { ModelsTree } from './models/modelsTree.ts';

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
    rebuild: async () => (await import('../jobs/start/recovery.ts')).localFactsOfStarts(folder),
    onProblem: (problem) => void showProblem(log, problem),
  });
  const watch = new JobWatch({ store: jobs, providers, log, folder, isTrusted: () => vscode.workspace.isTrusted });
  const runs = new RunRegistry(path.join(folder, 'evaluations'));
  const excerpts = new LineExcerpts(datasets);
  const panels = new Panels({
    log,
    jobs,
    providers,
    connections,
    datasets,
    runs,
    watch,
    excerpts,
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
    starts: new Starts(folder),
  };
  const jobsTree = new JobsTree(services);
  const evaluationsTree = new EvaluationsTree(runs, connections);
  const modelsTree = new ModelsTree(services);
  const deadlines = new DeadlineNotices(services);
  connections.watch();

  context.subscriptions.push(
    log,
    services.starts,
    jobsTree,
    evaluationsTree,
    modelsTree,
    connections,
    panels.registerSerializers(),
    registerResultFiles(services),
    excerpts.register(),
    keys.onDidChange(() => {
      providers.forget();
      watch.askAgain();
    }),
    connections.onDidChange(() => {
      void connections.list().then((all) => {
        watch.keepOnly(all);
      });
    }),
    watch.onJobEnded((ended) => void tellJobEnded(ended)),
    watch.onInterruptedStarts(() => {
      import('./fineTuning/interruptedStarts.ts')
        .then(({ offerInterrupted }) => offerInterrupted(services))
        .catch((error: unknown) => void showProblem(log, error));
    }),
    registerCommand(log, COMMANDS.refreshModels, () => {
      modelsTree.refresh();
    }),
    ...[jobsTree, modelsTree].map(({ view }) =>
      view.onDidChangeVisibility(({ visible }) => {
        if (visible) deadlines.look();
      }),
    ),
    ...registerCommands(services, jobsTree),
    ...registerDatasets(services),
  );
  closing = async () => {
    watch.dispose();
    await Promise.allSettled([jobs.dispose(), runs.dispose(), datasets.dispose(), watch.flush()]);
  };
  const resume = (): void => {
    watch.resume().catch((error: unknown) => {
      log.error('Watching the jobs that had not ended could not go on', error);
    });
  };
  // Not awaited: start-up is over before anything is asked.
  resume();
  context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(resume));
}

export async function deactivate(): Promise<void> {
  await closing?.();
}
