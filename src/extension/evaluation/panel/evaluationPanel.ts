import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { questionOf } from '../../../core/evaluation/comparison/question.ts';
import { runHeadline } from '../../../core/evaluation/report/headline.ts';
import type { ContestantReport, RowResult, RunConfig } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { leftBehind, whereItRuns } from '../../../evals/words.ts';
import type {
  EvaluationGuests,
  EvaluationPanelItem,
  EvaluationPanelPatch,
  EvaluationPanelState,
} from '../../../protocol/evaluationPanel.ts';
import type { FromPanel } from '../../../protocol/panelMessages.ts';
import { COMMANDS } from '../../contributions.ts';
import { asProblem, Cancelled, showProblem } from '../../ui/errors.ts';
import { openLine } from '../../datasets/findings.ts';
import { WebviewPanel, type PanelHost } from '../../panels/webviewPanel.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { exportReport } from '../export/exportRun.ts';
import { tabTitle } from '../runTitle.ts';
import { guestsOf } from './guests.ts';
import { pricesOf } from './prices.ts';
import { askOnce, neighborsMessage, rowMessage, trainingFileOf } from './rowDetails.ts';
import { RunFigures } from './runFigures.ts';
import { panelItems } from './runItems.ts';

/** Time that rows are gathered before they are sent: live to the eye, and a few messages a second. */
const PATCH_MS = 100;
/** Rows in one message: written and read in a few milliseconds. */
const SLICE_ROWS = 2000;

export type EvaluationPanelServices = PanelHost & Pick<Services, 'jobs' | 'datasets' | 'providers' | 'connections'>;

/** Opens the page that asks one model, with a line of a file. */
export type OpenTry = (connectionId: string, model: string, file: string, line: number) => Promise<void>;

/** The page of one evaluation run: its rows, streamed while it runs; the page judges them. */
export class EvaluationPanel {
  readonly #host: EvaluationPanelServices;
  readonly #openTry: OpenTry;
  readonly #run: EvaluationRun;
  readonly #page: WebviewPanel;
  readonly #figures: RunFigures;
  #pending: RowResult[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Whether some change, be it only of the status, is not sent to the page yet. */
  #isBehind = false;
  #closed = false;
  #items: readonly EvaluationPanelItem[] | null = null;
  #prices: EvaluationPanelState['prices'] = [];
  #formats: readonly string[] = [];
  #training: string | null = null;
  #guests: EvaluationGuests | null = null;
  #wantsReport = false;
  /** Ends questions that are being answered when the page is closed. */
  readonly #abort = new AbortController();

  constructor(host: EvaluationPanelServices, panel: vscode.WebviewPanel, run: EvaluationRun, openTry: OpenTry) {
    this.#host = host;
    this.#openTry = openTry;
    this.#run = run;
    this.#figures = new RunFigures(run);
    this.#page = new WebviewPanel(host, panel, 'evaluation', {
      state: () => this.#state(),
      receive: (message) => {
        this.#receive(message);
      },
    });
    const subscription = run.onDidChange((change) => {
      this.#figures.add(change.rows);
      for (const row of change.rows) this.#pending.push(row);
      this.#isBehind = true;
      this.#soon(PATCH_MS);
    });
    // The figures are usually ready before the page asks for them.
    void this.#figures.update();
    void this.#prepare();
    panel.onDidDispose(() => {
      this.#closed = true;
      this.#abort.abort();
      clearTimeout(this.#timer);
      subscription.dispose();
    });
    panel.title = tabTitle(run.config);
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  get isVisible(): boolean {
    return this.#page.panel.visible;
  }

  close(): void {
    this.#page.panel.dispose();
  }

  /** Shows the contestants of another run beside those of this one. */
  async compareWith(other: EvaluationRun): Promise<void> {
    this.#guests = await guestsOf(this.#run, other);
    this.#page.post({ type: 'guests', guests: this.#guests });
  }

  /** Has the page write its report, which is then saved where the user wants it. */
  wantReport(): void {
    this.#wantsReport = true;
    this.#isBehind = true;
    this.#soon(0);
  }

  /** Gathers what the page is told besides the rows; it is sent when it is there. */
  async #prepare(): Promise<void> {
    const { config } = this.#run;
    this.#items = await panelItems(this.#run.items);
    await this.#host.jobs.load();
    this.#training = trainingFileOf(this.#host, config);
    this.#prices = pricesOf(config.contestants, await this.#host.connections.list());
    this.#isBehind = true;
    this.#soon(0);
    if (this.#training === null) return;
    try {
      const { signal } = this.#abort;
      const found = await this.#host.datasets.compareFormats(config.testFile.path, this.#training, signal);
      this.#formats = found.map(({ message }) => message);
    } catch (error) {
      // The test file may be gone: its rows are kept, and nothing can be said about its form.
      this.#host.log.warn(`The test file was not compared with the training file: ${asProblem(error).message}`);
    }
    this.#soon(0);
  }

  #headline(reports: readonly ContestantReport[]): EvaluationPanelState['headline'] {
    const { config, status } = this.#run;
    return runHeadline({
      status,
      grader: config.grader,
      contestants: config.contestants,
      reports,
      items: this.#run.items.length,
      trainedOn: config.trainedOn,
    });
  }

  /** Contestants without the answers of floors, which are in their rows as well. */
  get #contestants(): RunConfig['contestants'] {
    return this.#run.contestants.map((contestant) => {
      const { answers, ...rest } = contestant;
      return answers === undefined ? contestant : rest;
    });
  }

  get #looks(): EvaluationPanelState['looks'] {
    const { stopEarly, contestants } = this.#run.config;
    return stopEarly === true ? contestants.map(({ id }) => ({ contestant: id, looks: this.#run.looks(id) })) : null;
  }

  #notice(): string | null {
    const { notice } = this.#run;
    return notice && `${notice.message} ${notice.action}`;
  }

  #elsewhere(): EvaluationPanelState['elsewhere'] {
    const { elsewhere } = this.#run;
    if (!elsewhere) return null;
    return elsewhere.leftBehind === null
      ? { isRunning: true, text: whereItRuns(elsewhere) }
      : { isRunning: false, text: leftBehind(elsewhere) };
  }

  #soon(ms: number): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      void this.#flush();
    }, ms);
  }

  async #flush(): Promise<void> {
    const started = performance.now();
    const rows = this.#pending;
    this.#pending = [];
    this.#isBehind = false;
    while (rows.length > SLICE_ROWS) {
      this.#page.post({ type: 'evaluationPatch', patch: { rows: rows.splice(0, SLICE_ROWS) } });
      await new Promise(setImmediate);
    }
    await this.#figures.update();
    const { reports } = this.#figures;
    const patch: EvaluationPanelPatch = {
      rows,
      contestants: this.#contestants,
      reports,
      status: this.#run.status,
      headline: this.#headline(reports),
      notice: this.#notice(),
      elsewhere: this.#elsewhere(),
      looks: this.#looks,
      formats: this.#formats,
      hasTraining: this.#training !== null,
      prices: this.#prices,
    };
    this.#page.post({ type: 'evaluationPatch', patch });
    // After all rows: a page that has just been opened gets them in slices.
    if (this.#wantsReport) this.#page.post({ type: 'wantReport' });
    this.#timer = undefined;
    // A large run takes longer to add up: most of the time stays for others.
    if (this.#changedMeanwhile()) this.#soon(Math.max(PATCH_MS, 10 * (performance.now() - started)));
  }

  #changedMeanwhile(): boolean {
    return this.#isBehind;
  }

  /** State of the page; many rows follow it in slices. */
  #state(): EvaluationPanelState {
    const { rows } = this.#run;
    const isLarge = rows.length > SLICE_ROWS;
    if (isLarge) this.#pending = [...rows];
    if (isLarge || this.#figures.isStale || this.#wantsReport) {
      this.#isBehind = true;
      this.#soon(0);
    }
    const guests = this.#guests;
    // A page that comes back, or was opened to compare, gets them after its state.
    if (guests)
      setImmediate(() => {
        this.#page.post({ type: 'guests', guests });
      });
    const { reports } = this.#figures;
    return {
      panel: 'evaluation',
      run: { ...this.#run.config, contestants: this.#contestants },
      status: this.#run.status,
      headline: this.#headline(reports),
      // The prompts are compared while the page loads; should it be sooner, equal ones are not told apart.
      items: this.#items ?? this.#run.items.map(({ index, line, title }) => ({ index, line, title })),
      rows: isLarge ? [] : rows,
      reports,
      notice: this.#notice(),
      elsewhere: this.#elsewhere(),
      question: questionOf(this.#run.config),
      looks: this.#looks,
      formats: this.#formats,
      hasTraining: this.#training !== null,
      prices: this.#prices,
    };
  }

  #receive(message: Exclude<FromPanel, { type: 'ready' }>): void {
    const arg = { runId: this.#run.config.id };
    switch (message.type) {
      case 'cancelRun':
        void vscode.commands.executeCommand(COMMANDS.cancelEvaluation, arg);
        return;
      case 'resumeRun':
        void vscode.commands.executeCommand(COMMANDS.resumeEvaluation, arg);
        return;
      case 'runAgain':
        void vscode.commands.executeCommand(COMMANDS.runEvaluationAgain, arg);
        return;
      case 'compareRuns':
        void vscode.commands.executeCommand(COMMANDS.compareEvaluations, arg);
        return;
      case 'exportRun':
        void vscode.commands.executeCommand(COMMANDS.exportEvaluation, arg);
        return;
      case 'dismissGuests':
        this.#guests = null;
        this.#page.post({ type: 'guests', guests: null });
        return;
      default:
        this.#answer(message).catch((error: unknown) => {
          if (!(error instanceof Cancelled)) void showProblem(this.#host, error);
        });
    }
  }

  /** Answers questions about rows. The page names items and contestants; their existence is checked here. */
  async #answer(message: Exclude<FromPanel, { type: 'ready' }>): Promise<void> {
    const { config, items } = this.#run;
    switch (message.type) {
      case 'showRow': {
        const item = items[message.item];
        const answer = rowMessage(this.#run, message.item);
        if (!item || !answer) return;
        this.#page.post(answer);
        if (this.#training !== null)
          this.#page.post(await neighborsMessage(this.#host, this.#training, item, this.#abort.signal));
        return;
      }
      case 'openLine': {
        const item = items[message.item];
        if (item) await this.#open(config.testFile.path, item.line);
        return;
      }
      case 'openTrainingLine':
        if (this.#training !== null) await this.#open(this.#training, message.line);
        return;
      case 'askAgain': {
        const item = items[message.item];
        if (!item || !config.contestants.some(({ id, model }) => id === message.contestant && model !== undefined))
          return;
        requireTrust();
        const row = await askOnce(this.#host, this.#run, message.contestant, item, this.#abort.signal);
        this.#page.post({ type: 'askedAgain', row });
        return;
      }
      case 'openInTry': {
        const item = items[message.item];
        const contestant = config.contestants.find(({ id }) => id === message.contestant);
        if (!item || contestant?.connectionId === undefined || contestant.model === undefined) return;
        requireTrust();
        await this.#openTry(contestant.connectionId, contestant.model, config.testFile.path, item.line);
        return;
      }
      case 'report':
        // Only a report that was asked for is written.
        if (!this.#wantsReport) return;
        this.#wantsReport = false;
        await exportReport(this.#host.ui, this.#run, message);
        return;
      default:
        this.#host.log.warn(`The evaluation panel sent ${message.type}, which is not its own.`);
    }
  }

  async #open(file: string, line: number): Promise<void> {
    try {
      await openLine(file, line);
    } catch (error) {
      const name = path.basename(file);
      void showProblem(this.#host, {
        code: 'file-not-found',
        message:
          error instanceof Error
            ? t('{0} cannot be opened: {1}.', name, error.message)
            : t('{0} cannot be opened.', name),
        action: t('Restore the test file; the rows themselves are kept in this evaluation.'),
      });
    }
  }
}
