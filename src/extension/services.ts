import type * as vscode from 'vscode';
import type { RunRegistry } from '../evals/registry.ts';
import type { JobStore } from '../jobs/store/store.ts';
import type { ConnectionStore } from '../connections/store.ts';
import type { DatasetWorkerClient } from './datasets/workerClient.ts';
import type { JobWatch } from './jobs/jobWatch.ts';
import type { Log } from './ui/log.ts';
import type { Ui } from './ui/ui.ts';
import type { PanelOpener } from './panels/panelOpener.ts';
import type { Providers } from './connections/providers.ts';
import type { KeyStore } from './connections/keyStore.ts';
import type { Starts } from './fineTuning/starts.ts';

/** Services that the composition root builds once. Functions take the `Pick<Services, …>` that they use. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  /** Storage folder of the extension. */
  readonly folder: string;
  readonly log: Log;
  readonly ui: Ui;
  readonly connections: ConnectionStore;
  readonly keys: KeyStore;
  readonly providers: Providers;
  readonly datasets: DatasetWorkerClient;
  readonly jobs: JobStore;
  readonly watch: JobWatch;
  readonly runs: RunRegistry;
  readonly panels: PanelOpener;
  readonly starts: Starts;
}
