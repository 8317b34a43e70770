import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { rowKey } from '../../../core/training/compare/jobRow.ts';
import { NO_TABLE } from '../../../core/training/curves/pointTable.ts';
import { isTerminal } from '../../../core/training/job.ts';
import { checkpointMarks, progressOf, unconditionalOf } from '../../../core/training/words/describe.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { ComparedJob, ComparePanelState, DataChange } from '../../../protocol/comparePanel.ts';
import type { FromPanel } from '../../../protocol/panelMessages.ts';
import { COMMANDS } from '../../contributions.ts';
import { WebviewPanel, type PanelHost } from '../../panels/webviewPanel.ts';
import type { Services } from '../../services.ts';
import { asProblem, showProblem } from '../../ui/errors.ts';
import type { JobRef } from '../jobRef.ts';
import { exportCharts } from '../panel/exportCharts.ts';
import { scaleOf } from '../panel/jobPanel.ts';
import type { JobRows } from './jobRows.ts';

export type ComparePanelServices = PanelHost & Pick<Services, 'jobs' | 'watch' | 'runs' | 'connections' | 'datasets'>;

/** Milliseconds for which changes are gathered: a local job makes hundreds of steps a second. */
const PATCH_MS = 100;
/** Rows of a curve in one message: copying and sending them takes some milliseconds. */
const ROWS_A_MESSAGE = 200_000;

/** Curves of several jobs in one chart, live, under the settings in which they differ. */
export class ComparePanel {
  readonly #services: ComparePanelServices;
  readonly #rows: JobRows;
  readonly #refs: ReadonlyMap<string, JobRef>;
  readonly #page: WebviewPanel;
  /** Steps that changed since the last message, by job. */
  readonly #pending = new Map<string, Set<number>>();
  /** Parts of curves that the page has not got yet, first rows. */
  #parts: readonly { readonly job: string; readonly from: number }[] = [];
  #sending: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #changes: readonly DataChange[] = [];
  readonly #stop = new AbortController();

  /** `rows` is loaded, as are the jobs. */
  constructor(services: ComparePanelServices, panel: vscode.WebviewPanel, refs: readonly JobRef[], rows: JobRows) {
    this.#services = services;
    this.#rows = rows;
    this.#refs = new Map(refs.map((ref) => [rowKey(ref), ref]));
    this.#page = new WebviewPanel(services, panel, 'compare', {
      state: () => this.#state(),
      sent: () => {
        this.#parts = this.#known().flatMap(({ key, record }) => partsOf(key, record));
        this.#sendParts();
      },
      receive: (message) => {
        this.#receive(message).catch((error: unknown) => {
          void showProblem(services, error);
        });
      },
    });
    const subscriptions = [
      services.jobs.onDidChange(({ connectionId, jobId, record, added, changedSteps }) => {
        const key = rowKey({ connectionId, jobId });
        if (!this.#refs.has(key)) return;
        if (added || !record) {
          this.#page.refresh();
          return;
        }
        const steps = this.#pending.get(key) ?? new Set();
        for (const step of changedSteps) steps.add(step);
        this.#pending.set(key, steps);
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#flush();
        }, PATCH_MS);
      }),
      services.connections.onDidChange(() => {
        void this.#rows.load().then(() => {
          this.#page.refresh();
        });
      }),
    ];
    const view = `compare ${[...this.#refs.keys()].join(' ')}`;
    // Visible jobs are read more often.
    const watch = (): void => {
      services.watch.setVisible(view, panel.visible ? [...this.#refs.values()] : []);
    };
    watch();
    panel.onDidChangeViewState(watch);
    panel.onDidDispose(() => {
      this.#stop.abort();
      clearTimeout(this.#timer);
      clearImmediate(this.#sending);
      for (const subscription of subscriptions) subscription.dispose();
      services.watch.setVisible(view, []);
    });
    panel.title = t('Compare Charts');
    void this.#compareData();
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  /** Jobs that are still known, in the order in which they were asked for. */
  #known(): readonly { readonly key: string; readonly record: JobRecord }[] {
    return [...this.#refs].flatMap(([key, { connectionId, jobId }]) => {
      const record = this.#services.jobs.get(connectionId, jobId);
      return record ? [{ key, record }] : [];
    });
  }

  #state(): ComparePanelState {
    clearImmediate(this.#sending);
    this.#pending.clear();
    const jobs = this.#known().flatMap(({ record }) => this.#factsOf(record) ?? []);
    return { panel: 'compare', jobs, missing: this.#refs.size - jobs.length, changes: this.#changes };
  }

  #factsOf(record: JobRecord): ComparedJob | null {
    const row = this.#rows.rowOf(record);
    if (!row) return null;
    const unconditional = unconditionalOf(record.events);
    return {
      row,
      isLive: !record.gone && !isTerminal(record.job.status),
      totalSteps: progressOf(record).totalSteps,
      scale: scaleOf(record),
      ...(unconditional === null ? {} : { unconditional }),
      checkpoints: checkpointMarks(record),
      curveRows: record.curve.length,
    };
  }

  /** Sends the curves in parts, with other work in between; what changes meanwhile comes after them. */
  #sendParts(): void {
    clearImmediate(this.#sending);
    const [part, ...rest] = this.#parts;
    if (!part) {
      if (this.#pending.size > 0) this.#flush();
      return;
    }
    this.#sending = setImmediate(() => {
      this.#parts = rest;
      const record = this.#recordOf(part.job);
      const curve = record?.curve.table(part.from, part.from + ROWS_A_MESSAGE);
      if (curve) this.#page.post({ type: 'comparePatch', job: part.job, facts: null, curve });
      this.#sendParts();
    });
  }

  #recordOf(key: string): JobRecord | undefined {
    const ref = this.#refs.get(key);
    return ref && this.#services.jobs.get(ref.connectionId, ref.jobId);
  }

  #flush(): void {
    if (this.#parts.length > 0) return;
    for (const [job, steps] of this.#pending) {
      const record = this.#recordOf(job);
      if (!record) continue;
      const { curve } = record;
      const rows = [...steps].map((step) => curve.rowOf(step)).filter((row) => row >= 0);
      const table = rows.length === 0 ? NO_TABLE : curve.tableOfRows(rows.sort((a, b) => a - b));
      this.#page.post({ type: 'comparePatch', job, facts: this.#factsOf(record), curve: table });
    }
    this.#pending.clear();
  }

  /** Compares the rows of the uploaded copies with those of the first job, where they differ and both are here. */
  async #compareData(): Promise<void> {
    const [first, ...others] = this.#known();
    const found: DataChange[] = [];
    for (const { key, record } of others) {
      const [hash, before] = [record.local.sourceSha256, first?.record.local.sourceSha256 ?? null];
      if (hash === before && hash !== null) continue;
      const [from, to] = [first?.record.local.trainingPath ?? null, record.local.trainingPath];
      found.push({ job: key, rows: from === null || to === null ? null : await this.#changesOf(from, to) });
      if (this.#stop.signal.aborted) return;
    }
    this.#changes = found;
    if (found.length > 0) this.#page.post({ type: 'compareChanges', changes: found });
  }

  async #changesOf(from: string, to: string): Promise<DataChange['rows']> {
    try {
      return await this.#services.datasets.rowChanges(from, to, this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        this.#services.log.info(`Two training files could not be compared: ${asProblem(error).message}`);
      }
      return null;
    }
  }

  async #receive(message: Exclude<FromPanel, { type: 'ready' }>): Promise<void> {
    if (message.type === 'openJobRow') await vscode.commands.executeCommand(COMMANDS.openJob, message.job);
    else if (message.type === 'exportCharts') {
      const beside = this.#known()[0]?.record.local.sourcePath ?? null;
      await exportCharts(this.#services.ui, t('jobs'), beside, message);
    }
  }
}

function partsOf(job: string, { curve }: JobRecord): readonly { readonly job: string; readonly from: number }[] {
  const count = Math.ceil(curve.length / ROWS_A_MESSAGE);
  return Array.from({ length: count }, (_, index) => ({ job, from: index * ROWS_A_MESSAGE }));
}
