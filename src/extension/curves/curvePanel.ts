import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../core/base/messages.ts';
import { MetricColumns } from '../../core/training/curves/columns.ts';
import type { CurvePanelFile, CurvePanelRun, CurvePanelState } from '../../protocol/curvePanel.ts';
import { exportCharts } from '../jobs/panel/exportCharts.ts';
import { WebviewPanel, type PanelHost } from '../panels/webviewPanel.ts';
import type { Services } from '../services.ts';
import { documentPage } from '../ui/documentPage.ts';
import { asProblem, showProblem } from '../ui/errors.ts';

export type CurvePanelServices = PanelHost & Pick<Services, 'datasets' | 'context'>;

/** Rows of a curve in one message: copying and sending them takes some milliseconds. */
const ROWS_A_MESSAGE = 200_000;

interface Read {
  readonly files: readonly CurvePanelFile[];
  readonly runs: readonly { readonly run: CurvePanelRun; readonly curve: MetricColumns }[];
}

/** Page with the curves of files. They are read again when the page is loaded again. */
export class CurvePanel {
  readonly #services: CurvePanelServices;
  readonly #paths: readonly string[];
  readonly #page: WebviewPanel;
  readonly #abort = new AbortController();
  #read: Read = { files: [], runs: [] };
  #rest: NodeJS.Immediate | undefined;

  constructor(services: CurvePanelServices, panel: vscode.WebviewPanel, paths: readonly string[]) {
    this.#services = services;
    this.#paths = paths;
    this.#page = new WebviewPanel(services, panel, 'curve', {
      state: () => this.#state(),
      sent: () => {
        clearImmediate(this.#rest);
        this.#send(0, 0);
      },
      receive: (message) => {
        if (message.type === 'explainVerdicts') {
          const page = documentPage(services.context.extension.packageJSON, 'verdicts');
          void services.ui.openExternal(vscode.Uri.parse(page));
        } else if (message.type === 'exportCharts') {
          exportCharts(services.ui, this.#title(), paths[0] ?? null, message).catch((error: unknown) => {
            void showProblem(services, error);
          });
        }
      },
    });
    panel.title = this.#title();
    panel.onDidDispose(() => {
      this.#abort.abort();
      clearImmediate(this.#rest);
    });
    void this.#load();
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  /** Reads the files again: they may have grown. */
  async readAgain(): Promise<void> {
    await this.#load();
  }

  #title(): string {
    const [first = ''] = this.#paths;
    return this.#paths.length === 1
      ? path.basename(first)
      : tn(this.#paths.length - 1, '{1} and {0} more', '{1} and {0} more', path.basename(first));
  }

  async #load(): Promise<void> {
    const files: CurvePanelFile[] = [];
    const runs: Read['runs'][number][] = [];
    const names = namesOf(this.#paths);
    for (const [index, file] of this.#paths.entries()) {
      const name = names[index] ?? file;
      try {
        const read = await this.#services.datasets.readCurve(file, this.#abort.signal);
        files.push({
          name,
          failure: null,
          problems: read.problems,
          problemCount: read.problemCount,
          leftOut: read.leftOut,
        });
        for (const [number, { name: own, table }] of read.runs.entries()) {
          const curve = new MetricColumns();
          curve.merge(table);
          const run = own === null ? name : this.#paths.length === 1 ? own : t('{0}: {1}', name, own);
          runs.push({
            run: { id: `${file} ${number}`, name: run, rows: curve.length, epochs: read.epochs },
            curve,
          });
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        const { message, action } = asProblem(error);
        files.push({ name, failure: `${message} ${action}`, problems: [], problemCount: 0, leftOut: [] });
      }
    }
    this.#read = { files, runs };
    this.#page.refresh();
  }

  #state(): CurvePanelState {
    const { files, runs } = this.#read;
    return { panel: 'curve', paths: this.#paths, title: this.#title(), files, runs: runs.map(({ run }) => run) };
  }

  /** Sends the points in parts, with other work in between. */
  #send(index: number, from: number): void {
    const entry = this.#read.runs[index];
    if (!entry) return;
    const { curve, run } = entry;
    const to = from + ROWS_A_MESSAGE;
    this.#page.post({ type: 'curvePart', run: run.id, curve: curve.table(from, to) });
    this.#rest = setImmediate(() => {
      if (to < curve.length) this.#send(index, to);
      else this.#send(index + 1, 0);
    });
  }
}

/** Names of files that tell them apart: with their folder where two are the same. */
function namesOf(paths: readonly string[]): readonly string[] {
  const plain = paths.map((file) => path.basename(file));
  return paths.map((file, index) => {
    const name = plain[index] ?? '';
    const isOnly = plain.filter((other) => other === name).length === 1;
    return isOnly ? name : path.join(path.basename(path.dirname(file)), name);
  });
}
