import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { runHeadline } from '../../../core/evaluation/report/headline.ts';
import type { ContestantReport, RowResult } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { leftBehind, whereItRuns } from '../../../evals/words.ts';
import type { EvaluationPanelPatch, EvaluationPanelState } from '../../../protocol/evaluationPanel.ts';
import type { FromPanel } from '../../../protocol/panelMessages.ts';
import { COMMANDS } from '../../contributions.ts';
import { showProblem } from '../../ui/errors.ts';
import { openLine } from '../../datasets/findings.ts';
import { WebviewPanel, type PanelHost } from '../../panels/webviewPanel.ts';
import { RunFigures } from './runFigures.ts';

/** Time that rows are gathered before they are sent: live to the eye, and a few messages a second. */
const PATCH_MS = 100;
/** Rows in one message: written and read in a few milliseconds. */
const SLICE_ROWS = 2000;

/** The page of one evaluation run: figures, rows and scatter, streamed while it runs. */
export class EvaluationPanel {
  readonly #host: PanelHost;
  readonly #run: EvaluationRun;
  readonly #page: WebviewPanel;
  readonly #figures: RunFigures;
  #pending: RowResult[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Whether some change, be it only of the status, is not sent to the page yet. */
  #isBehind = false;
  #closed = false;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, run: EvaluationRun) {
    this.#host = host;
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
    panel.onDidDispose(() => {
      this.#closed = true;
      clearTimeout(this.#timer);
      subscription.dispose();
    });
    panel.title = run.config.name;
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  close(): void {
    this.#page.panel.dispose();
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
      contestants: this.#run.contestants,
      reports,
      status: this.#run.status,
      headline: this.#headline(reports),
      notice: this.#notice(),
      elsewhere: this.#elsewhere(),
    };
    this.#page.post({ type: 'evaluationPatch', patch });
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
    if (isLarge || this.#figures.isStale) {
      this.#isBehind = true;
      this.#soon(0);
    }
    const { reports } = this.#figures;
    return {
      panel: 'evaluation',
      run: { ...this.#run.config, contestants: this.#run.contestants },
      status: this.#run.status,
      headline: this.#headline(reports),
      items: this.#run.items.map(({ index, line, title }) => ({ index, line, title })),
      rows: isLarge ? [] : rows,
      reports,
      notice: this.#notice(),
      elsewhere: this.#elsewhere(),
    };
  }

  #receive(message: Exclude<FromPanel, { type: 'ready' }>): void {
    const { config, items } = this.#run;
    switch (message.type) {
      case 'cancelRun':
        void vscode.commands.executeCommand(COMMANDS.cancelEvaluation, { runId: config.id });
        return;
      case 'resumeRun':
        void vscode.commands.executeCommand(COMMANDS.resumeEvaluation, { runId: config.id });
        return;
      case 'showRow': {
        // The page names a row; its existence is checked here.
        const item = items[message.item];
        if (!item) return;
        this.#page.post({
          type: 'row',
          item: item.index,
          messages: item.messages,
          truth: item.truth,
          samples: config.contestants.map((contestant) => {
            const row = this.#run.row(contestant.id, item.index);
            return { contestant: contestant.id, sample: row?.sample ?? null, message: row?.message ?? null };
          }),
        });
        return;
      }
      case 'openLine': {
        const item = items[message.item];
        if (!item) return;
        openLine(config.testFile.path, item.line).catch((error: unknown) => {
          const name = path.basename(config.testFile.path);
          void showProblem(this.#host, {
            code: 'file-not-found',
            message:
              error instanceof Error
                ? t('{0} cannot be opened: {1}.', name, error.message)
                : t('{0} cannot be opened.', name),
            action: t('Restore the test file; the rows themselves are kept in this evaluation.'),
          });
        });
        return;
      }
      default:
        this.#host.log.warn(`The evaluation panel sent ${message.type}, which is not its own.`);
    }
  }
}
