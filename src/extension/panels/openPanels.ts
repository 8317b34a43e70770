import path from 'node:path';
import * as vscode from 'vscode';
import type { Connection } from '../../core/provider/connection.ts';
import { isDatasetName } from '../../core/dataset/fileNames.ts';
import { rowKey } from '../../core/training/compare/jobRow.ts';
import { parseSavedPanel } from '../../protocol/savedPanel.ts';
import type { JobRef } from '../jobs/jobRef.ts';
import { PANELS } from '../contributions.ts';
import type { LineExcerpts } from '../datasets/excerpts.ts';
import { asProblem, ProblemError, showProblem } from '../ui/errors.ts';
import type { Services } from '../services.ts';
import { EvaluationPanel, type OpenTry } from '../evaluation/panel/evaluationPanel.ts';
import { ComparePanel } from '../jobs/compare/comparePanel.ts';
import { JobRows } from '../jobs/compare/jobRows.ts';
import { JobsPanel } from '../jobs/compare/jobsPanel.ts';
import { CurvePanel } from '../curves/curvePanel.ts';
import { JobPanel } from '../jobs/panel/jobPanel.ts';
import { LeavePanel, type Beginning } from '../leaving/leavePanel.ts';
import { chooseTestFile, likelyTestFile } from '../evaluation/wizard/chooseTestFile.ts';
import { ReportPanel } from '../datasets/report/reportPanel.ts';
import { analysesIn } from '../datasets/suspicious/analysisThread.ts';
import { SuspiciousAnswers } from '../datasets/suspicious/suspiciousAnswers.ts';
import { TryPanel } from '../models/tryPanel.ts';

export type PanelServices = Pick<
  Services,
  'log' | 'ui' | 'context' | 'jobs' | 'providers' | 'connections' | 'datasets' | 'runs' | 'watch' | 'folder' | 'starts'
> & {
  readonly extensionUri: vscode.Uri;
  readonly excerpts: LineExcerpts;
};

/** The open panels: one per job, run or model; opening it again brings it to the front. */
export class OpenPanels {
  readonly #services: PanelServices;
  readonly #jobs = new Map<string, JobPanel>();
  readonly #compared = new Map<string, ComparePanel>();
  readonly #curves = new Map<string, CurvePanel>();
  readonly #runs = new Map<string, EvaluationPanel>();
  readonly #tries = new Map<string, TryPanel>();
  readonly #reports = new Map<string, ReportPanel>();
  readonly #leaves = new Map<string, LeavePanel>();
  /** They outlive their reports: the editor goes on warning of them. Made with the first report. */
  #suspicious: SuspiciousAnswers | null = null;
  #table: JobsPanel | null = null;

  constructor(services: PanelServices) {
    this.#services = services;
  }

  /** Restores a panel after a reload of the window. Its saved state is outside text and checked. */
  async restore(viewType: string, panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    switch (viewType) {
      case PANELS.job:
        await this.#restoreJob(panel, state);
        return;
      case PANELS.jobs:
        await this.#addJobs(() => panel);
        return;
      case PANELS.compare:
        await this.#restoreCompare(panel, state);
        return;
      case PANELS.curve:
        this.#restoreCurve(panel, state);
        return;
      case PANELS.evaluation:
        await this.#restoreRun(panel, state);
        return;
      case PANELS.tryModel:
        await this.#restoreTry(panel, state);
        return;
      case PANELS.leave:
        await this.#restoreLeave(panel, state);
        return;
      default:
        this.#restoreReport(panel, state);
    }
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

  /** Opens the table of all jobs; there is one. `sweep`: with the runs of this one alone. */
  async openJobs(sweep: string | null = null): Promise<void> {
    if (this.#table) this.#table.reveal();
    else await this.#addJobs(() => create(PANELS.jobs));
    if (sweep !== null) this.#table?.showSweep(sweep);
  }

  async compareCharts(refs: readonly JobRef[]): Promise<void> {
    const open = this.#compared.get(refs.map(rowKey).join('\n'));
    if (open) {
      open.reveal();
      return;
    }
    await this.#services.jobs.load();
    await this.#addCompare(() => create(PANELS.compare), refs);
    for (const { connectionId, jobId } of refs) await this.#services.watch.readCurve(connectionId, jobId);
  }

  async openCurve(paths: readonly string[]): Promise<void> {
    const open = this.#curves.get(paths.join('\n'));
    if (!open) {
      this.#addCurve(create(PANELS.curve), paths);
      return;
    }
    open.reveal();
    await open.readAgain();
  }

  async openRun(runId: string): Promise<void> {
    const open = this.#runs.get(runId);
    if (open) {
      open.reveal();
      return;
    }
    await this.#addRun(() => create(PANELS.evaluation), runId);
  }

  async compareRuns(runId: string, otherId: string): Promise<void> {
    await this.openRun(runId);
    const other = await this.#services.runs.open(otherId);
    if (!other.ok) throw new ProblemError(other.error);
    try {
      await this.#runs.get(runId)?.compareWith(other.value);
    } finally {
      this.#services.runs.close(other.value);
    }
  }

  async exportReport(runId: string): Promise<void> {
    await this.openRun(runId);
    this.#runs.get(runId)?.wantReport();
  }

  isRunVisible(runId: string): boolean {
    return this.#runs.get(runId)?.isVisible ?? false;
  }

  closeRun(runId: string): void {
    this.#runs.get(runId)?.close();
  }

  async openTry(connectionId: string, model: string): Promise<void> {
    const open = this.#tries.get(`${connectionId} ${model}`);
    if (open) {
      open.reveal();
      return;
    }
    await this.#services.jobs.load();
    this.#addTry(create(PANELS.tryModel), await this.#services.providers.connection(connectionId), model);
  }

  /** Opens the page that asks one model, with this line of the file chosen. */
  async #tryLine(connectionId: string, model: string, file: string, line: number): Promise<void> {
    await this.openTry(connectionId, model);
    await this.#tries.get(`${connectionId} ${model}`)?.useDataset(file, line);
  }

  /** Paths; with `against` an open report is compared with that file. `suspicious`: it judges the answers and shows those. */
  openReport(file: string, against: string | null, suspicious: boolean): void {
    const open = this.#reports.get(file);
    if (open) {
      open.reveal();
      if (against !== null) open.readAgain(against);
    }
    const report = open ?? this.#addReport(create(PANELS.report), file, against);
    if (suspicious) report.findSuspicious();
  }

  async openLeave(connectionId: string): Promise<void> {
    const open = this.#leaves.get(connectionId);
    if (open) open.reveal();
    else {
      const connection = await this.#services.providers.connection(connectionId);
      this.#addLeave(create(PANELS.leave), connection, { folder: null, ask: true });
    }
  }

  #addLeave(panel: vscode.WebviewPanel, connection: Connection, from: Beginning): void {
    this.#leaves.set(connection.id, new LeavePanel({ ...this.#services, panels: this }, panel, connection, from));
    panel.onDidDispose(() => this.#leaves.delete(connection.id));
  }

  #addReport(panel: vscode.WebviewPanel, file: string, against: string | null): ReportPanel {
    const report = new ReportPanel({ ...this.#services, suspicious: this.#suspicions() }, panel, file, against);
    this.#reports.set(file, report);
    panel.onDidDispose(() => this.#reports.delete(file));
    return report;
  }

  #suspicions(): SuspiciousAnswers {
    if (this.#suspicious !== null) return this.#suspicious;
    const { context, extensionUri, log } = this.#services;
    const thread = vscode.Uri.joinPath(extensionUri, 'dist', 'analysisWorker.js').fsPath;
    this.#suspicious = new SuspiciousAnswers({ analyze: analysesIn(thread), log });
    context.subscriptions.push(this.#suspicious);
    return this.#suspicious;
  }

  #addTry(panel: vscode.WebviewPanel, connection: Connection, model: string): void {
    const key = `${connection.id} ${model}`;
    const record = this.#services.jobs.list(connection.id).find(({ job }) => job.fineTunedModel === model);
    const opened = new TryPanel(
      this.#services,
      panel,
      {
        connectionId: connection.id,
        connectionName: connection.name,
        model,
        answerPrefix: record?.local.answerPrefix ?? null,
      },
      () => chooseTestFile(this.#services.ui, record?.local.name ?? ''),
    );
    this.#tries.set(key, opened);
    void this.#preselect(opened, record?.local.testPath ?? null, record?.local.name ?? '');
    panel.onDidDispose(() => this.#tries.delete(key));
  }

  /** Offers the lines of the likely test file from the start, unless others were chosen meanwhile. */
  async #preselect(opened: TryPanel, testPath: string | null, like: string): Promise<void> {
    try {
      const file = testPath ?? (await likelyTestFile(like));
      if (file !== null && !opened.hasDataset) await opened.useDataset(file);
    } catch (error) {
      this.#services.log.warn(`No dataset was chosen beforehand: ${asProblem(error).message}`);
    }
  }

  #addJob(panel: vscode.WebviewPanel, ref: JobRef, connection: Connection): void {
    const key = `${ref.connectionId} ${ref.jobId}`;
    this.#jobs.set(key, new JobPanel(this.#services, panel, ref, connection));
    panel.onDidDispose(() => this.#jobs.delete(key));
  }

  async #addJobs(panel: () => vscode.WebviewPanel): Promise<void> {
    await this.#services.jobs.load();
    const rows = new JobRows(this.#services);
    await rows.load();
    await rows.walk(this.#services.jobs.list());
    // Asked for twice at once: the first one is there by now.
    if (this.#table) {
      this.#table.reveal();
      return;
    }
    const created = panel();
    this.#table = new JobsPanel({ ...this.#services, panels: this }, created, rows);
    created.onDidDispose(() => {
      this.#table = null;
    });
  }

  async #addCompare(panel: () => vscode.WebviewPanel, refs: readonly JobRef[]): Promise<void> {
    const rows = new JobRows(this.#services);
    await rows.load();
    await rows.walk(refs.flatMap(({ connectionId, jobId }) => this.#services.jobs.get(connectionId, jobId) ?? []));
    const key = refs.map(rowKey).join('\n');
    const created = panel();
    this.#compared.set(key, new ComparePanel(this.#services, created, refs, rows));
    created.onDidDispose(() => this.#compared.delete(key));
  }

  #addCurve(panel: vscode.WebviewPanel, paths: readonly string[]): void {
    const key = paths.join('\n');
    this.#curves.set(key, new CurvePanel(this.#services, panel, paths));
    panel.onDidDispose(() => this.#curves.delete(key));
  }

  async #addRun(panel: () => vscode.WebviewPanel, runId: string): Promise<void> {
    const opened = await this.#services.runs.open(runId);
    if (!opened.ok) throw new ProblemError(opened.error);
    const created = panel();
    const openTry: OpenTry = (connectionId, model, file, line) => this.#tryLine(connectionId, model, file, line);
    this.#runs.set(runId, new EvaluationPanel(this.#services, created, opened.value, openTry));
    created.onDidDispose(() => {
      this.#runs.delete(runId);
      this.#services.runs.close(opened.value);
    });
  }

  async #restoreJob(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    const connection = saved?.panel === 'job' ? await this.#connectionOf(saved) : undefined;
    await this.#services.jobs.load();
    if (saved?.panel !== 'job' || !connection || !this.#services.jobs.get(connection.id, saved.jobId)) {
      this.#services.log.warn('A job panel could not be restored: its job is not known any more.');
      panel.dispose();
      return;
    }
    this.#addJob(panel, { connectionId: connection.id, jobId: saved.jobId }, connection);
  }

  async #restoreCompare(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    await this.#services.jobs.load();
    const jobs = saved?.panel === 'compare' ? saved.jobs : [];
    if (!jobs.some(({ connectionId, jobId }) => this.#services.jobs.get(connectionId, jobId))) {
      this.#services.log.warn('Compared charts could not be restored: none of their jobs is known any more.');
      panel.dispose();
      return;
    }
    await this.#addCompare(() => panel, jobs);
  }

  /** Restores curves of files, of such only as can hold some. */
  #restoreCurve(panel: vscode.WebviewPanel, state: unknown): void {
    const saved = parseSavedPanel(state);
    const paths = saved?.panel === 'curve' ? saved.paths : [];
    const isCurve = (file: string): boolean => path.isAbsolute(file) && /\.(?:csv|json)$/i.test(file);
    if (paths.length === 0 || !paths.every(isCurve) || this.#curves.has(paths.join('\n'))) {
      this.#services.log.warn('Loss curves could not be restored: what they saved is not understood.');
      panel.dispose();
      return;
    }
    this.#addCurve(panel, paths);
  }

  /** Restores a report. Reading a dataset again is harmless; still only files that can be one are read. */
  #restoreReport(panel: vscode.WebviewPanel, state: unknown): void {
    const saved = parseSavedPanel(state);
    const isDataset = (file: string): boolean => path.isAbsolute(file) && isDatasetName(file);
    if (saved?.panel !== 'report' || !isDataset(saved.file) || this.#reports.has(saved.file)) {
      this.#services.log.warn('A report could not be restored: what it saved is not understood.');
      panel.dispose();
      return;
    }
    const { file, against } = saved;
    this.#addReport(panel, file, against !== null && isDataset(against) ? against : null);
  }

  /** Restores the page of a leave. Nothing is asked of the provider before the user acts; a folder is only read. */
  async #restoreLeave(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    const connection = saved?.panel === 'leave' ? await this.#services.connections.get(saved.connectionId) : null;
    if (saved?.panel !== 'leave' || !connection || (saved.folder !== null && !path.isAbsolute(saved.folder))) {
      this.#services.log.warn('A page of a leave could not be restored: its connection is not known any more.');
      panel.dispose();
      return;
    }
    this.#addLeave(panel, connection, { folder: saved.folder, ask: false });
  }

  async #restoreTry(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    const connection = saved?.panel === 'try' ? await this.#connectionOf(saved) : undefined;
    await this.#services.jobs.load();
    if (saved?.panel !== 'try' || !connection) {
      this.#services.log.warn('A try panel could not be restored: its connection is not known any more.');
      panel.dispose();
      return;
    }
    this.#addTry(panel, connection, saved.model);
  }

  /** Finds a connection by its id, since it may have been renamed; pages of earlier versions kept its name alone. */
  async #connectionOf(saved: {
    readonly connectionId?: string;
    readonly connectionName: string;
  }): Promise<Connection | undefined> {
    const { connectionId, connectionName } = saved;
    const all = await this.#services.connections.list();
    return connectionId === undefined
      ? all.find(({ name }) => name === connectionName)
      : all.find(({ id }) => id === connectionId);
  }

  async #restoreRun(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedPanel(state);
    if (saved?.panel !== 'evaluation') {
      this.#services.log.warn('An evaluation panel could not be restored: what it saved is not understood.');
      panel.dispose();
      return;
    }
    try {
      await this.#services.runs.load();
      await this.#addRun(() => panel, saved.runId);
    } catch (error) {
      panel.dispose();
      void showProblem(this.#services, error);
    }
  }
}

function create(viewType: string): vscode.WebviewPanel {
  // eslint-disable-next-line tuning-fork/translated -- the product's name, until the panel sets its title
  return vscode.window.createWebviewPanel(viewType, 'Tuning Fork', vscode.ViewColumn.Active, {
    enableScripts: true,
    enableFindWidget: true,
  });
}
