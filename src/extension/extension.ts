import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { speak, spoken } from '../core/base/messages.ts';
import type { Provider } from '../core/provider/api.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import { RunRegistry } from '../evals/registry.ts';
import { JobStore } from '../jobs/store/store.ts';
import { registerCommand } from './ui/registerCommand.ts';
import { ConnectionStore } from '../connections/store.ts';
import type { LocalServers } from '../connections/localServers.ts';
import { LimitsFile } from './connections/limitsFile.ts';
import { usesProxy } from './config.ts';
import { registerConnections } from './connections/register.ts';
import { INTERNAL, LATE_COMMANDS, type LateCommands } from './contributions.ts';
import { registerData } from './data/register.ts';
import { registerDatasets } from './datasets/register.ts';
import { registerEvaluations } from './evaluation/register.ts';
import { EvaluationsTree } from './evaluation/tree/evaluationsTree.ts';
import { registerFineTuning } from './fineTuning/register.ts';
import { registerJobs } from './jobs/register.ts';
import { registerModels } from './models/register.ts';
import { DatasetWorkerClient } from './datasets/workerClient.ts';
import { LineExcerpts } from './datasets/excerpts.ts';
import { showProblem } from './ui/errors.ts';
import { JobWatch } from './jobs/jobWatch.ts';
import { createLog } from './ui/log.ts';
import { vscodeUi } from './ui/vscodeUi.ts';
import { Panels } from './panels/panels.ts';
import { Providers, type OpenAIModule } from './connections/providers.ts';
import { KeyStore } from './connections/keyStore.ts';
import type { Services } from './services.ts';
import { Starts } from './fineTuning/starts.ts';

interface OpenAIBundle {
  readonly createClient: (endpoint: Endpoint, deps: { readonly isDirect: () => boolean }) => Provider;
  readonly speak: typeof speak;
}

/** Loads the bundle of the API client, 220 kB that only the first request needs. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- `import()` would be bundled into this file
const requireOpenAI = () => require('./openai.cjs') as OpenAIBundle;

/** The bundle has its own copy of the sentences, so that it is told the language as a thread is. */
function loadOpenAI(): OpenAIModule {
  const module = requireOpenAI();
  module.speak(spoken());
  return { createClient: (endpoint) => module.createClient(endpoint, { isDirect: () => !usesProxy() }) };
}

let closing: (() => Promise<void>) | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  speak({ locale: vscode.env.language, translations: vscode.l10n.bundle ?? {} });
  const log = createLog();
  const ui = vscodeUi();
  const folder = context.globalStorageUri.fsPath;
  const dist = path.join(context.extensionPath, 'dist');
  await mkdir(folder, { recursive: true });

  const connections = new ConnectionStore(folder, { onProblem: (problem) => void showProblem({ log, ui }, problem) });
  const keys = new KeyStore(context.secrets, () => connections.list());
  const cli = path.join(dist, 'cli.js');
  const servers = async (): Promise<LocalServers> => {
    const { LocalServers } = await import('../connections/localServers.ts');
    return new LocalServers({ cli, folder, tokenOf: (connection) => keys.get(connection) });
  };
  const providers = new Providers(connections, keys, servers, loadOpenAI);
  const datasets = new DatasetWorkerClient(path.join(dist, 'datasetWorker.js'));
  const jobs = new JobStore({
    folder: path.join(folder, 'jobs'),
    rebuild: async () => (await import('../jobs/start/recovery.ts')).localFactsOfStarts(folder),
    onProblem: (problem) => void showProblem({ log, ui }, problem),
  });
  const watch = new JobWatch({ store: jobs, providers, log, folder, isTrusted: () => vscode.workspace.isTrusted });
  const runs = new RunRegistry(path.join(folder, 'evaluations'));
  const excerpts = new LineExcerpts(datasets);
  const starts = new Starts(folder);
  const panels = new Panels({
    context,
    folder,
    log,
    ui,
    jobs,
    providers,
    connections,
    datasets,
    runs,
    watch,
    starts,
    excerpts,
    extensionUri: context.extensionUri,
  });
  const services: Services = {
    context,
    folder,
    log,
    ui,
    connections,
    keys,
    providers,
    datasets,
    jobs,
    watch,
    runs,
    panels,
    starts,
  };
  const limits = new LimitsFile(services);
  const jobsView = registerJobs(services);
  const { view } = jobsView.surfaces.tree;
  const evaluations = new EvaluationsTree(runs, connections);
  const late: LateCommands = (feature) =>
    LATE_COMMANDS[feature].map((id) =>
      registerCommand({ log, ui }, id, async (...args) => {
        limits.used();
        const { commandTable } = await import('./commandTable.ts');
        await commandTable(services, jobsView.surfaces, evaluations)[id](...args);
      }),
    );

  context.subscriptions.push(
    log,
    panels.registerSerializers(),
    ...jobsView.disposables,
    ...late('jobs'),
    ...registerConnections(services, limits, late),
    ...registerDatasets(services, excerpts, late),
    ...registerFineTuning(services, late),
    ...registerModels(services, view, late),
    ...late('leaving'),
    ...late('openWeights'),
    ...registerEvaluations(services, evaluations, late),
    ...registerData(
      services,
      view,
      () => {
        limits.used();
      },
      late,
    ),
  );
  closing = async () => {
    watch.dispose();
    await Promise.allSettled([jobs.dispose(), runs.dispose(), datasets.dispose(), watch.flush()]);
  };
  const resume = (): void => {
    const left = async (): Promise<void> => {
      if (await watch.resume()) await vscode.commands.executeCommand(INTERNAL.resumeSweeps);
    };
    left().catch((error: unknown) => {
      log.error('Watching the unfinished jobs could not be resumed', error);
    });
  };
  // Not awaited: activation ends before the first request.
  resume();
  context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(resume));
}

export async function deactivate(): Promise<void> {
  await closing?.();
}
