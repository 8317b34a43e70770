import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { buildReport, type BuiltReport } from '../../../core/dataset/report/buildReport.ts';
import { reportCsv } from '../../../core/dataset/report/reportCsv.ts';
import type { DatasetReport } from '../../../core/dataset/report/types.ts';
import { suspiciousCsv } from '../../../core/dataset/suspicious/suspiciousCsv.ts';
import { buildSuspicions, type BuiltSuspicions } from '../../../core/dataset/suspicious/view.ts';
import type { FromPanel } from '../../../protocol/panelMessages.ts';
import type { ReportAction, ReportPanelState } from '../../../protocol/reportPanel.ts';
import { costCap, priceOverrides } from '../../config.ts';
import { COMMANDS, SETTINGS } from '../../contributions.ts';
import { isHeldOut } from '../../../core/dataset/fileNames.ts';
import { folderOf, offerToSave } from '../files.ts';
import { originOfFile } from '../hub/originOfFile.ts';
import { chooseOther } from '../commands/chooseFiles.ts';
import { asProblem, Cancelled, ProblemError, showProblem } from '../../ui/errors.ts';
import { Comparisons } from './comparisons.ts';
import { goToLine, goToRows, type RowServices } from './goToRows.ts';
import type { ModelPointsServices } from './modelPoints.ts';
import { MoreDataRun } from './moreDataRun.ts';
import { saveTable } from './saveTable.ts';
import type { SuspiciousAnswers } from '../suspicious/suspiciousAnswers.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import { WebviewPanel, type PanelHost } from '../../panels/webviewPanel.ts';

export type ReportPanelServices = PanelHost &
  RowServices &
  ModelPointsServices & { readonly suspicious: SuspiciousAnswers };

const ACTIONS: Readonly<Record<ReportAction, string>> = {
  fineTune: COMMANDS.startFineTuning,
  removeDuplicates: COMMANDS.removeDuplicates,
  findLeakage: COMMANDS.findLeakage,
};

/** The page of one dataset: its content, its problems, its costs. */
export class ReportPanel {
  readonly file: string;
  readonly #services: ReportPanelServices;
  readonly #page: WebviewPanel;
  readonly #watches: vscode.Disposable[] = [];
  readonly #watched = new Set<string>();
  /** File that the user chose to compare with, besides the likely ones. */
  #against: string | null;
  readonly #comparisons: Comparisons;
  readonly #moreData: MoreDataRun;
  #status: ReportPanelState['status'] = 'reading';
  #progress = 0;
  #problem: ReportPanelState['problem'] = null;
  #notice: string | null = null;
  #reading: AbortController | null = null;
  /** The last reading, with the state of the files at that time. */
  #read: {
    readonly report: DatasetReport;
    readonly origin: string | null;
    readonly files: readonly string[];
    readonly stamps: string;
  } | null = null;
  #built: BuiltReport | null = null;
  #closed = false;
  /** Whether the page still has to be told to show its suspicious answers. */
  #wantsSuspicious = false;

  constructor(services: ReportPanelServices, panel: vscode.WebviewPanel, file: string, against: string | null) {
    this.#services = services;
    this.file = file;
    this.#against = against;
    this.#comparisons = new Comparisons(services.datasets, file, {
      onChange: () => {
        this.#build();
        this.#update();
      },
      onProgress: (fraction) => {
        this.#page.post({ type: 'reportProgress', of: 'comparing', fraction });
      },
    });
    this.#moreData = new MoreDataRun(services, file, {
      onChange: () => {
        this.#update();
      },
      onProgress: (fraction) => {
        this.#page.post({ type: 'reportProgress', of: 'moreData', fraction });
      },
      onPointsProgress: (progress) => {
        this.#page.post({ type: 'pointsProgress', progress });
      },
    });
    this.#page = new WebviewPanel(services, panel, 'report', {
      state: () => this.#state(),
      sent: () => {
        if (this.#wantsSuspicious) this.#page.post({ type: 'showSuspicious' });
        this.#wantsSuspicious = false;
      },
      receive: (message) => {
        this.#receive(message).catch((error: unknown) => {
          if (!(error instanceof Cancelled)) void showProblem(services, error);
        });
      },
    });
    panel.title = t('Report: {0}', path.basename(file));
    panel.onDidDispose(() => {
      this.#closed = true;
      this.#reading?.abort();
      this.#comparisons.stop();
      // Its progress and its button are on this page.
      services.suspicious.cancel(file);
      this.#moreData.stop();
      // Not only canceled: a start that is still being asked about must not begin.
      this.#moreData.points.reset(null);
      vscode.Disposable.from(...this.#watches).dispose();
    });
    panel.onDidChangeViewState(() => {
      // Not every file system tells of changes.
      if (panel.visible) void this.#look();
    });
    this.#watches.push(
      services.suspicious.onDidChange((changed) => {
        if (changed === file) this.#page.post({ type: 'suspicious', suspicious: this.#suspicions().view });
      }),
      services.suspicious.onDidProgress((progress) => {
        if (progress.file === file)
          this.#page.post({ type: 'reportProgress', of: 'suspicious', fraction: progress.share });
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!change.affectsConfiguration(SETTINGS.prices) && !change.affectsConfiguration(SETTINGS.costCap)) return;
        this.#build();
        this.#update();
      }),
    );
    void this.#start();
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  /** Reads it again; `against` undefined: compared with the same chosen file as before. */
  readAgain(against?: string | null): void {
    if (against !== undefined) this.#against = against;
    void this.#start();
  }

  /** Judges the answers of the file and shows the section of the page that tells about it. */
  findSuspicious(): void {
    this.#wantsSuspicious = true;
    this.#page.refresh();
    void this.#services.suspicious.run(this.file);
  }

  #watch(folder: string): void {
    if (this.#watched.has(folder)) return;
    this.#watched.add(folder);
    // The whole folder: a name may hold what a pattern reads as something else.
    const pattern = new vscode.RelativePattern(vscode.Uri.file(folder), '*');
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const look = (uri: vscode.Uri): void => {
      if (this.#read?.files.includes(uri.fsPath) === true) void this.#look();
    };
    this.#watches.push(watcher, watcher.onDidChange(look), watcher.onDidCreate(look), watcher.onDidDelete(look));
  }

  async #start(): Promise<void> {
    this.#reading?.abort();
    this.#comparisons.stop();
    const abort = new AbortController();
    this.#reading = abort;
    const { file } = this;
    const against = this.#against;
    this.#status = 'reading';
    this.#progress = 0;
    this.#problem = null;
    this.#notice = null;
    this.#update();
    try {
      await this.#comparisons.find(against);
      const files = [file, ...this.#comparisons.files.files.map((other) => other.path)];
      for (const one of files) this.#watch(path.dirname(one));
      const stamps = await stampsOf(files);
      const report = await this.#services.datasets.report(file, abort.signal, (fraction) => {
        this.#progress = fraction;
        this.#page.post({ type: 'reportProgress', of: 'reading', fraction });
      });
      this.#read = { report, origin: await originOfFile(file, abort.signal), files, stamps };
      this.#build();
      const { examples, tokens, distinctAnswers } = report.statistics;
      const validation = against !== null && isHeldOut(against) ? against : null;
      this.#moreData.reset(validation, { examples: examples.count, tokens, distinct: distinctAnswers.count });
      this.#status = 'ready';
    } catch (error) {
      // Another reading has begun, or the panel was closed.
      if (this.#reading !== abort) return;
      if (abort.signal.aborted) {
        this.#status = this.#built === null ? 'cancelled' : 'ready';
        if (this.#built !== null) this.#notice = t('Reading was canceled: these are the previous figures.');
        this.#comparisons.stop();
        this.#build();
      } else {
        const { code, message, action } = asProblem(error);
        this.#services.log.warn(`The report of ${file} failed (${code}): ${message}`);
        this.#status = 'failed';
        this.#problem = { message, action };
        this.#built = null;
        this.#read = null;
      }
    }
    if (this.#reading !== abort) return;
    this.#reading = null;
    this.#update();
    if (this.#status === 'ready' && this.#notice === null) await this.#comparisons.run();
    await this.#look();
  }

  /** Tells when the figures are no longer those of the files. */
  async #look(): Promise<void> {
    const read = this.#read;
    if (read === null) return;
    const stamps = await stampsOf(read.files);
    // Another reading began meanwhile, or has ended.
    if (this.#reading !== null || read !== this.#read || stamps === read.stamps) return;
    this.#notice = t('The file has changed since it was read.');
    this.#update();
  }

  #build(): void {
    if (this.#read === null) return;
    const own = priceOverrides();
    const { report, origin } = this.#read;
    const built = buildReport(report, path.basename(this.file), this.#comparisons.files, {
      prices: priceTable(own),
      own: Object.keys(own),
      cap: costCap(),
      now: Date.now(),
    });
    const facts = [...built.view.facts, ...(origin === null ? [] : [{ text: origin, figure: null }])];
    this.#built = { ...built, view: { ...built.view, facts } };
  }

  #state(): ReportPanelState {
    return {
      panel: 'report',
      file: this.file,
      against: this.#against,
      name: path.basename(this.file),
      folder: folderOf(this.file),
      status: this.#status,
      progress: this.#progress,
      comparing: this.#comparisons.progress,
      notice: this.#notice,
      problem: this.#problem,
      view: this.#built?.view ?? null,
      suspicious: this.#suspicions().view,
      moreData: this.#moreData.state,
    };
  }

  #update(): void {
    if (this.#closed) return;
    this.#page.post({ type: 'state', state: this.#state() });
  }

  async #receive(message: Exclude<FromPanel, { type: 'ready' }>): Promise<void> {
    switch (message.type) {
      case 'refreshReport':
        await offerToSave(this.#services.ui, [this.file, this.#against]);
        this.readAgain();
        return;
      case 'cancelReport':
        this.#reading?.abort();
        return;
      case 'compareReport': {
        const other = await this.#chooseOther();
        await offerToSave(this.#services.ui, [this.file, other]);
        this.readAgain(other);
        return;
      }
      case 'compareAgain':
        await this.#comparisons.again(message.place);
        return;
      case 'stopComparing':
        this.#comparisons.stop();
        this.#build();
        this.#update();
        return;
      case 'measureMoreData':
        await this.#moreData.measure();
        return;
      case 'stopMoreData':
        this.#moreData.stop();
        return;
      case 'addModelPoints':
        await this.#moreData.points.add();
        return;
      case 'stopModelPoints':
        this.#moreData.points.stop();
        return;
      case 'showHardRow': {
        const row = this.#moreData.state.moreData?.hardest[message.row];
        const shown = message.near === null ? row : row?.near[message.near];
        if (shown === undefined) return;
        // Rows like it train, and are in the dataset.
        await goToLine(this.#services, message.near === null ? this.#moreData.tested : this.file, shown.line);
        return;
      }
      case 'exportReport':
        await this.#export();
        return;
      case 'findSuspicious':
        await offerToSave(this.#services.ui, [this.file]);
        await this.#services.suspicious.run(this.file);
        return;
      case 'cancelSuspicious':
        this.#services.suspicious.cancel(this.file);
        return;
      case 'exportSuspicious':
        await this.#exportSuspicious();
        return;
      case 'showFigure': {
        // The page names a figure; the lines behind it, and their file, are known here.
        const rows = this.#built?.figures.get(message.figure) ?? this.#suspicions().figures.get(message.figure);
        if (rows === undefined) return;
        await goToRows(this.#services, rows.file ?? this.file, rows.title, rows.rows);
        return;
      }
      case 'reportAction': {
        const other = this.#otherFile();
        const uris = [this.file, ...(other === null ? [] : [other])].map((file) => vscode.Uri.file(file));
        const selected = message.action === 'removeDuplicates' ? uris.slice(0, 1) : uris;
        await vscode.commands.executeCommand(ACTIONS[message.action], uris[0], selected);
        return;
      }
      default:
        this.#services.log.warn(`The report panel sent ${message.type}, which is not its own.`);
    }
  }

  /** File that the commands behind the report get besides: one that shares rows with the dataset, or else the first compared. */
  #otherFile(): string | null {
    const compared = this.#comparisons.files.files.flatMap((file) => (file.state === 'compared' ? [file] : []));
    const leaking = compared.find(
      ({ comparison: { exact, prompt, near } }) => exact.held.count + prompt.held.count + near.held.count > 0,
    );
    return (leaking ?? compared[0])?.path ?? this.#against;
  }

  async #chooseOther(): Promise<string> {
    const name = path.basename(this.file);
    const other = await chooseOther(
      this.#services.ui,
      this.file,
      t('Compare {0}', name),
      t('Choose the file whose rows should not be in this one'),
    );
    if (other !== this.file) return other;
    throw new ProblemError({
      code: 'same-file',
      message: t('Both files are the same.'),
      action: t('Choose another file to compare with.'),
    });
  }

  async #export(): Promise<void> {
    const built = this.#built;
    if (built === null) return;
    const name = path.basename(this.file);
    const title = t('Export the report of {0}', name);
    await saveTable(this.#services.ui, this.file, { title, kind: 'report', text: reportCsv(built, name) });
  }

  async #exportSuspicious(): Promise<void> {
    const found = this.#services.suspicious.of(this.file);
    if (found.state !== 'found') return;
    const title = t('Export the suspicious answers of {0}', path.basename(this.file));
    const text = suspiciousCsv(found.rows);
    await saveTable(this.#services.ui, this.file, { title, kind: 'suspicious', text });
  }

  #suspicions(): BuiltSuspicions {
    return buildSuspicions(this.#services.suspicious.of(this.file), this.#read?.report.examples ?? 0);
  }
}

/** Text that differs after a change of one of the files, also of one that cannot be read. */
async function stampsOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    return await stat(file).then(
      ({ mtimeMs, size }) => `${String(mtimeMs)} ${String(size)}`,
      () => 'gone',
    );
  });
  return (await Promise.all(stamps)).join('\n');
}
