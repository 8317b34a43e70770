import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { isServedHere, type Connection } from '../../../core/provider/connection.ts';
import {
  checkpointMarks,
  formatDuration,
  jobFacts,
  jobHeadline,
  jobTitle,
  progressOf,
  timeLeft,
  unconditionalOf,
} from '../../../core/training/words/describe.ts';
import { eventSentence } from '../../../core/training/words/eventLog.ts';
import type { JobEvent } from '../../../core/training/job.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { NO_TABLE, type PointTable } from '../../../core/training/curves/pointTable.ts';
import { MOST_EVENTS, type JobPanelState, type JobScale } from '../../../protocol/jobPanel.ts';
import type { Problem } from '../../../core/base/result.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import { isTerminal } from '../../../core/training/job.ts';
import { stopsEarly } from '../../../core/training/earlyStop.ts';
import { documentPage } from '../../ui/documentPage.ts';
import { ProblemError, showProblem } from '../../ui/errors.ts';
import { COMMANDS } from '../../contributions.ts';
import type { JobRef } from '../jobRef.ts';
import { complaintOf } from '../documents/complaints.ts';
import { costOf, isOwnJob, isUnderWay } from '../jobState.ts';
import type { Services } from '../../services.ts';
import { hourAndMinute } from '../../../core/base/times.ts';
import { settingsAndUse } from './settingsAndUse.ts';
import { deadlineWords } from '../tree/jobItems.ts';
import { ChartViews } from './chartViews.ts';
import { exportCharts } from './exportCharts.ts';
import { WebviewPanel, type PanelHost } from '../../panels/webviewPanel.ts';

export { detailRows } from '../tree/jobDetails.ts';

export type JobPanelServices = PanelHost & Pick<Services, 'jobs' | 'providers' | 'watch' | 'context'>;

/** Milliseconds for which patches are gathered: a local job makes hundreds of steps a second. */
const PATCH_MS = 100;
/** Milliseconds after a change of the charts' view until it is written. */
const KEEP_MS = 300;
/** Rows of a curve in one message: copying and sending them takes some milliseconds. */
const ROWS_A_MESSAGE = 200_000;
/** Milliseconds after which the time left and the deadline are drawn again: they are shown to the minute. */
const AGE_MS = 60_000;

/** Page of one job: facts, curves and events, live while it runs. */
export class JobPanel {
  readonly #services: JobPanelServices;
  readonly #ref: JobRef;
  readonly #connection: Connection;
  readonly #page: WebviewPanel;
  readonly #subscription: { dispose(): void };
  readonly #views: ChartViews;
  #pending: { readonly steps: Set<number>; events: readonly JobEvent[] } | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Rows of the curve that the page has not got yet begin here; null: it has all that were there. */
  #restFrom: number | null = null;
  #rest: NodeJS.Immediate | undefined;
  /** View of the charts that is not written yet. */
  #changedView: { readonly view: unknown } | undefined;
  #keepTimer: NodeJS.Timeout | undefined;

  constructor(services: JobPanelServices, panel: vscode.WebviewPanel, ref: JobRef, connection: Connection) {
    this.#services = services;
    this.#ref = ref;
    this.#connection = connection;
    this.#views = new ChartViews(services.context.globalState);
    this.#page = new WebviewPanel(services, panel, 'job', {
      state: () => this.#state(),
      sent: () => {
        clearImmediate(this.#rest);
        this.#restFrom = ROWS_A_MESSAGE;
        this.#rest = setImmediate(() => {
          this.#sendRest();
        });
      },
      receive: (message) => {
        if (message.type === 'chartView') {
          this.#changedView = { view: message.view };
          this.#keepTimer ??= setTimeout(() => {
            this.#keepView();
          }, KEEP_MS);
          return;
        }
        if (message.type === 'exportCharts') {
          exportCharts(services.ui, this.#title(), this.#record()?.local.sourcePath ?? null, message).catch(
            (error: unknown) => {
              void showProblem(services, error);
            },
          );
          return;
        }
        if (message.type === 'evaluateBoth') {
          this.#evaluateBoth(message.step);
          return;
        }
        if (message.type === 'startAgain') {
          void vscode.commands.executeCommand(COMMANDS.startAgain, this.#ref, { epochs: message.epochs });
          return;
        }
        if (message.type === 'explainVerdicts') {
          void services.ui.openExternal(
            vscode.Uri.parse(documentPage(services.context.extension.packageJSON, 'verdicts')),
          );
          return;
        }
        const commands: Readonly<Partial<Record<typeof message.type, string>>> = {
          copyModelName: COMMANDS.copyModelName,
          cancelJob: COMMANDS.cancelJob,
          evaluateJob: COMMANDS.evaluateModel,
          tryJob: COMMANDS.tryModel,
          openFailedLine: COMMANDS.openFailedLine,
        };
        const command = commands[message.type];
        if (command !== undefined) void vscode.commands.executeCommand(command, this.#ref);
      },
    });
    this.#subscription = services.jobs.onDidChange((change) => {
      if (change.connectionId !== ref.connectionId || change.jobId !== ref.jobId || !change.record) return;
      if (change.added) {
        this.#page.refresh();
        return;
      }
      this.#pending ??= { steps: new Set(), events: [] };
      for (const step of change.changedSteps) this.#pending.steps.add(step);
      this.#pending.events = [...change.newEvents.slice(0, MOST_EVENTS), ...this.#pending.events].slice(0, MOST_EVENTS);
      this.#timer ??= setTimeout(() => {
        this.#flush();
      }, PATCH_MS);
    });
    const view = `panel ${ref.connectionId} ${ref.jobId}`;
    // A visible job is read more often.
    services.watch.setVisible(view, panel.visible ? [ref] : []);
    panel.onDidChangeViewState(() => {
      services.watch.setVisible(view, panel.visible ? [ref] : []);
    });
    const age = setInterval(() => {
      if (panel.visible) this.#redrawAged();
    }, AGE_MS);
    age.unref();
    panel.onDidDispose(() => {
      clearTimeout(this.#timer);
      clearImmediate(this.#rest);
      clearInterval(age);
      this.#keepView();
      this.#subscription.dispose();
      services.watch.setVisible(view, []);
    });
    panel.title = this.#title();
  }

  /** Writes the view that the page told last: once for many turns of the wheel. */
  #keepView(): void {
    clearTimeout(this.#keepTimer);
    this.#keepTimer = undefined;
    if (this.#changedView) void this.#views.set(this.#ref, this.#changedView.view);
    this.#changedView = undefined;
  }

  /** Evaluates the checkpoint of a step, with the final model as the one to compare with. */
  #evaluateBoth(step: number): void {
    const record = this.#record();
    const model = record?.checkpoints.find((checkpoint) => checkpoint.step === step)?.model ?? '';
    const final = record?.job.fineTunedModel ?? null;
    if (model === '' || final === null) {
      void showProblem(this.#services, new ProblemError(noCheckpoint(step)));
      return;
    }
    const { connectionId } = this.#ref;
    void vscode.commands.executeCommand(COMMANDS.evaluateModel, { connectionId, model }, { against: final });
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  #record(): JobRecord | undefined {
    return this.#services.jobs.get(this.#ref.connectionId, this.#ref.jobId);
  }

  #title(): string {
    const record = this.#record();
    return record ? jobTitle(record.job, record.local.name) : this.#ref.jobId;
  }

  /** Redraws the facts that are true for a minute only, also when nothing new comes from the provider. */
  #redrawAged(): void {
    const record = this.#record();
    if (!record) return;
    this.#page.post({
      type: 'jobPatch',
      patch: { fields: fields(record, this.#connection), curve: NO_TABLE, events: [] },
    });
  }

  /** Sends the rest of a long curve in parts, with other work in between; what changes meanwhile comes after it. */
  #sendRest(): void {
    const from = this.#restFrom;
    const record = this.#record();
    if (from === null || !record || from >= record.curve.length) {
      this.#restFrom = null;
      if (this.#pending) this.#flush();
      return;
    }
    this.#restFrom = from + ROWS_A_MESSAGE;
    const curve = record.curve.table(from, this.#restFrom);
    this.#page.post({ type: 'jobPatch', patch: { fields: {}, curve, events: [] } });
    this.#rest = setImmediate(() => {
      this.#sendRest();
    });
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#restFrom !== null) return;
    const pending = this.#pending;
    const record = this.#record();
    this.#pending = null;
    if (!pending || !record) return;
    this.#page.post({
      type: 'jobPatch',
      patch: {
        fields: fields(record, this.#connection),
        curve: changed(record, pending.steps),
        events: pending.events.map(eventLine),
      },
    });
  }

  #state(): JobPanelState {
    const record = this.#record();
    if (!record) {
      return {
        panel: 'job',
        connectionId: this.#connection.id,
        connectionName: this.#connection.name,
        jobId: this.#ref.jobId,
        title: this.#ref.jobId,
        status: 'unknown',
        model: '',
        fineTunedModel: null,
        facts: [],
        headline: {
          tone: 'warning',
          text: t('This job is no longer known on this machine. Refresh the Jobs view to look for it.'),
        },
        step: null,
        totalSteps: null,
        scale: { epochs: null, examples: null, batchSize: null, trainedTokens: null },
        curve: NO_TABLE,
        curveRows: 0,
        checkpoints: [],
        eventCount: 0,
        events: [],
        canCancel: false,
        canEvaluate: false,
      };
    }
    return {
      panel: 'job',
      ...fields(record, this.#connection),
      chartView: this.#views.get(this.#ref),
      curve: record.curve.table(0, ROWS_A_MESSAGE),
      curveRows: record.curve.length,
      events: record.events.slice(0, MOST_EVENTS).map(eventLine),
    };
  }
}

function eventLine(event: JobEvent): JobPanelState['events'][number] {
  return { id: event.id, createdAt: event.createdAt, level: event.level, message: eventSentence(event) };
}

function noCheckpoint(step: number): Problem {
  return {
    code: 'no-checkpoint',
    message: t('The provider no longer has the checkpoint at step {0}.', step),
    action: t('Evaluate the final model instead.'),
  };
}

/** Rows of steps that changed. */
function changed({ curve }: JobRecord, steps: ReadonlySet<number>): PointTable {
  const rows = [...steps].map((step) => curve.rowOf(step)).filter((row) => row >= 0);
  return curve.tableOfRows(rows.sort((a, b) => a - b));
}

/** Everything on the page besides the curve and the events. */
export function fields(
  record: JobRecord,
  connection: Connection,
  now = Date.now(),
): Omit<JobPanelState, 'panel' | 'curve' | 'curveRows' | 'events'> {
  const { job, local } = record;
  const unconditional = unconditionalOf(record.events);
  return {
    connectionId: connection.id,
    connectionName: connection.name,
    jobId: job.id,
    title: jobTitle(job, local.name),
    status: job.status,
    model: job.model,
    fineTunedModel: job.fineTunedModel,
    facts: [
      ...jobFacts(job, { ...local, cost: costOf(record, connection) }),
      ...finishInWords(record, connection, now),
      ...deadlineWords(record, connection, now),
    ],
    ...(job.advanced === undefined ? {} : { settings: settingsAndUse(record) }),
    headline: jobHeadline(record),
    ...progressOf(record),
    scale: scaleOf(record),
    ...(unconditional === null ? {} : { unconditional }),
    eventCount: record.events.length,
    checkpoints: checkpointMarks(record),
    canCancel: isUnderWay(record) && isOwnJob(record),
    canEvaluate: job.fineTunedModel !== null,
    ...stopOfferOf(record, connection),
    canOpenLine: complaintOf(record) !== null,
  };
}

/** Offer to cancel, only where the checkpoints are known to outlive it and the job does not stop by itself. */
function stopOfferOf(record: JobRecord, { kind }: Connection): Pick<JobPanelState, 'stopOffer'> {
  const { job, local } = record;
  if (isTerminal(job.status) || stopsEarly(job.metadata) || !profileOf(kind).keepsCheckpoints) return {};
  return { stopOffer: { usd: local.priceEstimate } };
}

/** Facts by which a step becomes epochs, examples or tokens. */
export function scaleOf({ job, local }: JobRecord): JobScale {
  const { n_epochs: epochs, batch_size: batchSize } = job.hyperparameters;
  return {
    epochs: epochs === 'auto' ? null : epochs,
    examples: local.examples,
    batchSize: batchSize === 'auto' ? null : batchSize,
    trainedTokens: job.trainedTokens,
  };
}

/** `4 min left, done about 18:52`, and the provider's own estimate where it is another minute. */
function finishInWords(record: JobRecord, { kind, name }: Connection, now: number): readonly string[] {
  const left = timeLeft(record, now / 1000);
  if (left === null) return [];
  const finish = hourAndMinute(now / 1000 + left);
  const { estimatedFinish } = record.job;
  const theirs = estimatedFinish === null || isServedHere({ kind }) ? finish : hourAndMinute(estimatedFinish);
  return [
    t('{0} left, done about {1}', formatDuration(left), finish),
    ...(theirs === finish ? [] : [t('{0} expects {1}', name, theirs)]),
  ];
}
