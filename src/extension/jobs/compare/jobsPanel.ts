import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { rowKey, type JobRow } from '../../../core/training/compare/jobRow.ts';
import type { FromPanel } from '../../../protocol/panelMessages.ts';
import { sweepOf } from '../../../core/training/sweep/sweepMetadata.ts';
import type { JobsPanelState, SweepView } from '../../../protocol/jobsPanel.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { COMMANDS } from '../../contributions.ts';
import { WebviewPanel, type PanelHost } from '../../panels/webviewPanel.ts';
import type { Services } from '../../services.ts';
import { showProblem } from '../../ui/errors.ts';
import { exportText } from './exportText.ts';
import type { JobRows } from './jobRows.ts';
import { readSweepViews } from './sweepViews.ts';

export type JobsPanelServices = PanelHost &
  Pick<Services, 'jobs' | 'connections' | 'runs' | 'folder' | 'starts'> & { readonly panels: JobsPanelOpener };

/** Panels that a row opens. */
export interface JobsPanelOpener {
  readonly openRun: (runId: string) => Promise<void>;
}

/** Rows in one message: making and sending them takes some milliseconds. */
const ROWS_A_MESSAGE = 500;
/** Milliseconds for which changes are gathered. */
const PATCH_MS = 250;

/** Table of all jobs of all connections, live. */
export class JobsPanel {
  readonly #services: JobsPanelServices;
  readonly #rows: JobRows;
  readonly #page: WebviewPanel;
  readonly #subscriptions: readonly { dispose(): void }[];
  /** Jobs that changed since the last message, by their keys. */
  readonly #changed = new Map<string, JobRecord | undefined>();
  #timer: NodeJS.Timeout | undefined;
  /** Records that the page has not got yet. */
  #rest: readonly JobRecord[] = [];
  #sending: NodeJS.Immediate | undefined;
  #areEvaluationsOld = false;
  #sweeps: readonly SweepView[] = [];
  /** Sweep that the page has to show with its next state; null: what it showed before. */
  #shown: string | null = null;

  /** `rows` is loaded, as are the jobs. */
  constructor(services: JobsPanelServices, panel: vscode.WebviewPanel, rows: JobRows) {
    this.#services = services;
    this.#rows = rows;
    this.#page = new WebviewPanel(services, panel, 'jobs', {
      state: () => this.#state(),
      sent: () => {
        this.#sendRest();
      },
      receive: (message) => {
        this.#receive(message).catch((error: unknown) => {
          void showProblem(services, error);
        });
      },
    });
    this.#subscriptions = [
      services.jobs.onDidChange(({ connectionId, jobId, record }) => {
        this.#changed.set(rowKey({ connectionId, jobId }), record);
        this.#schedule();
      }),
      services.runs.onDidChange(() => {
        this.#areEvaluationsOld = true;
        this.#schedule();
      }),
      services.starts.onDidChange(() => {
        this.#readSweeps();
      }),
      services.connections.onDidChange(() => {
        void this.#rows.load().then(() => {
          this.#page.refresh();
        });
      }),
    ];
    panel.title = t('Jobs Table');
    panel.onDidDispose(() => {
      clearTimeout(this.#timer);
      clearImmediate(this.#sending);
      for (const subscription of this.#subscriptions) subscription.dispose();
    });
    void this.#findFacts();
    this.#readSweeps();
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  /** Shows the runs of a sweep alone, in a page that is not ready yet as soon as it is. */
  showSweep(id: string): void {
    const { panel } = this.#page;
    // A page out of sight is made again, and gets the whole state then.
    const isShown = panel.visible && this.#page.post({ type: 'showSweep', id });
    this.#shown = isShown ? null : id;
    this.#readSweeps();
  }

  #readSweeps(): void {
    readSweepViews(this.#services)
      .then((sweeps) => {
        if (JSON.stringify(sweeps) === JSON.stringify(this.#sweeps)) return;
        this.#sweeps = sweeps;
        this.#page.post({ type: 'sweeps', sweeps });
      })
      .catch((error: unknown) => {
        this.#services.log.error('The sweeps could not be read', error);
      });
  }

  /** What each evaluation says is found in the background; the table shows it as it comes. */
  async #findFacts(): Promise<void> {
    try {
      await this.#services.runs.load();
      await this.#services.runs.findFacts();
    } catch (error) {
      this.#services.log.error('The evaluations of the jobs could not be read', error);
    }
  }

  #state(): JobsPanelState {
    const records = this.#services.jobs.list().filter((record) => this.#rows.knows(record));
    this.#changed.clear();
    const first = this.#rowsOf(records.slice(0, ROWS_A_MESSAGE));
    this.#rest = records.slice(ROWS_A_MESSAGE);
    const shownSweep = this.#shown;
    this.#shown = null;
    return { panel: 'jobs', rows: first, total: first.length + this.#rest.length, sweeps: this.#sweeps, shownSweep };
  }

  #sendRest(): void {
    clearImmediate(this.#sending);
    if (this.#rest.length === 0) return;
    this.#sending = setImmediate(() => {
      const rows = this.#rowsOf(this.#rest.slice(0, ROWS_A_MESSAGE));
      this.#rest = this.#rest.slice(ROWS_A_MESSAGE);
      this.#page.post({ type: 'jobRows', rows, removed: [] });
      this.#sendRest();
    });
  }

  #rowsOf(records: readonly JobRecord[]): readonly JobRow[] {
    return records.map((record) => this.#rows.rowOf(record)).filter((row) => row !== null);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, PATCH_MS);
  }

  #flush(): void {
    if (this.#areEvaluationsOld) {
      this.#areEvaluationsOld = false;
      const models = this.#rows.readEvaluations();
      for (const record of models.size === 0 ? [] : this.#services.jobs.list()) {
        const model = this.#rows.modelOf(record);
        const key = rowKey({ connectionId: record.connectionId, jobId: record.job.id });
        if (model !== null && models.has(model)) this.#changed.set(key, record);
      }
    }
    if (this.#changed.size === 0) return;
    const removed = [...this.#changed].filter(([, record]) => !record).map(([key]) => key);
    const records = [...this.#changed.values()].filter((record) => record !== undefined);
    this.#changed.clear();
    // The sweep may be one of another window, whose steps are told by its jobs alone.
    if (records.some(({ job }) => sweepOf(job.metadata) !== null)) this.#readSweeps();
    if (removed.length > 0) this.#page.post({ type: 'jobRows', rows: [], removed });
    // A whole list that was read at once goes in parts.
    this.#rest = [...this.#rest, ...records];
    this.#sendRest();
  }

  async #receive(message: Exclude<FromPanel, { type: 'ready' }>): Promise<void> {
    switch (message.type) {
      case 'openJobRow':
        await vscode.commands.executeCommand(COMMANDS.openJob, message.job);
        return;
      case 'openJobRun':
        await this.#services.panels.openRun(message.runId);
        return;
      case 'starJob': {
        const { connectionId, jobId } = message.job;
        this.#services.jobs.update(connectionId, jobId, { local: { starred: message.starred } });
        return;
      }
      case 'compareJobCharts':
        await vscode.commands.executeCommand(COMMANDS.compareCharts, message.jobs);
        return;
      case 'exportJobs':
        await exportText(this.#services.ui, {
          name: 'jobs.csv',
          title: t('Export Jobs'),
          filter: t('CSV'),
          text: message.data,
        });
        return;
      case 'cancelSweep':
        await vscode.commands.executeCommand(COMMANDS.cancelSweep, message.id);
        return;
      case 'startJob':
        await vscode.commands.executeCommand(COMMANDS.startFineTuning);
        return;
    }
  }
}
