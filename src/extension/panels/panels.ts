import * as vscode from 'vscode';
import type { Connection } from '../../core/connection.ts';
import { parseSavedPanel } from '../../protocol/panelSchemas.ts';
import type { JobRef } from '../commands/jobActions.ts';
import { PANELS } from '../contributions.ts';
import { ProblemError, showProblem } from '../errors.ts';
import type { Services } from '../services.ts';
import { EvaluationPanel } from './evaluationPanel.ts';
import { JobPanel } from './jobPanel.ts';
import { TryPanel, type ModelRef } from './tryPanel.ts';

export type PanelServices = Pick<
  Services,
  'log' | 'jobs' | 'providers' | 'connections' | 'datasets' | 'runs' | 'watch'
> & {
  readonly extensionUri: vscode.Uri;
};

/** The open panels: one a job, a run or a model; asking for an open one brings it to the front. */
export class Panels {
  readonly #services: PanelServices;
  readonly #jobs = new Map<string, JobPanel>();
  readonly #runs = new Map<string, EvaluationPanel>();
  readonly #tries = new Map<string, TryPanel>();

  constructor(services: PanelServices) {
    this.#services = services;
  }

  /** After a reload of the window the panels come back; what they saved is outside text and checked. */
  registerSerializers(): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(PANELS.job, {
        deserializeWebviewPanel: (panel, state: unknown) => this.#restoreJob(panel, state),
      }),
      vscode.window.registerWebviewPanelSerializer(PANELS.evaluation, {
        deserializeWebviewPanel: (panel, state: unknown) => this.#restoreRun(panel, state),
      }),
    );
  }

  async openJob(ref: JobRef): Promise<void> {
    const key = `${ref.connectionId} ${ref.jobId}`;
    const open = this.#jobs.get(key);
    if (open) {
      open.reveal();
      return;
    }
    await this.#services.jobs.load();
    const connection = await this.#services.providers.connection(ref.connectionId);
    this.#addJob(create(PANELS.job), ref, connection);
    await this.#services.watch.readCurve(ref.connectionId, ref.jobId);
  }

  async openRun(runId: string): Promise<void> {
    const open = this.#runs.get(runId);
    if (open) {
      open.reveal();
      return;
    }
    await this.#addRun(() => create(PANELS.evaluation), runId);
  }

  closeRun(runId: string): void {
    this.#runs.get(runId)?.close();
  }

  openTry(ref: ModelRef, chooseFile: () => Promise<string>): TryPanel {
    const key = `${ref.connectionId} ${ref.model}`;
    const open = this.#tries.get(key);
    if (open) {
      open.reveal();
      return open;
    }
    const panel = create(PANELS.tryModel);
    const opened = new TryPanel(this.#services, panel, ref, chooseFile);
    this.#tries.set(key, opened);
    panel.onDidDispose(() => this.#tries.delete(key));
    return opened;
  }

  #addJob(panel: vscode.WebviewPanel, ref: JobRef, connection: Connection): void {
    const key = `${ref.connectionId} ${ref.jobId}`;
    this.#jobs.set(key, new JobPanel(this.#services, panel, ref, connection.name));
    panel.onDidDispose(() => this.#jobs.delete(key));
  }

  async #addRun(panel: () => vscode.WebviewPanel, runId: string): Promise<void> {
    const opened = await this.#services.runs.open(runId);
    if (!opened.ok) throw new ProblemError(opened.error);
    const created = panel();
    this.#runs.set(runId, new EvaluationPanel(this.#services, created, opened.value));
    created.onDidDispose(() => this.#runs.delete(runId));
  }

  async #restoreJob(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    const connections = await this.#services.connections.list();
    const connection =
      saved?.panel === 'job' ? connections.find((candidate) => candidate.name === saved.connectionName) : undefined;
    await this.#services.jobs.load();
    if (saved?.panel !== 'job' || !connection || !this.#services.jobs.get(connection.id, saved.jobId)) {
      panel.dispose();
      return;
    }
    this.#addJob(panel, { connectionId: connection.id, jobId: saved.jobId }, connection);
  }

  async #restoreRun(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    if (saved?.panel !== 'evaluation') {
      panel.dispose();
      return;
    }
    try {
      await this.#services.runs.load();
      await this.#addRun(() => panel, saved.runId);
    } catch (error) {
      panel.dispose();
      void showProblem(this.#services.log, error);
    }
  }
}

function create(viewType: string): vscode.WebviewPanel {
  return vscode.window.createWebviewPanel(viewType, 'Tuning Fork', vscode.ViewColumn.Active, {
    enableScripts: true,
    enableFindWidget: true,
  });
}
