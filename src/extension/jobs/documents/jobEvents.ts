import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { eventLines, type EventLog } from '../../../core/training/words/eventLog.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { slices } from '../../../storage/slices.ts';
import { chooseJob } from '../commands/chooseJob.ts';
import type { Services } from '../../services.ts';
import { jobRefOf, jobUri } from './jobUris.ts';

const SCHEME = 'tuning-fork-events';
/** A local job makes hundreds of events a second. */
const REDRAW_MS = 500;
/** Lines made between two looks at the clock. */
const LINES_A_LOOK = 100;

type EventServices = Pick<Services, 'jobs' | 'connections' | 'watch' | 'ui'>;

/** A job's events as a read-only log that grows while the job runs; an editor that shows its end keeps showing it. */
export class JobEventLogs implements vscode.TextDocumentContentProvider, vscode.FoldingRangeProvider {
  readonly #services: EventServices;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #dirty = new Set<string>();
  readonly #subscriptions: readonly { dispose(): unknown }[];
  /** Lines of each open log before its last change. */
  readonly #lengths = new Map<string, number>();
  /** Epochs of each log as it was last given. */
  readonly #epochs = new Map<string, EventLog['epochs']>();
  #redraw: NodeJS.Timeout | undefined;
  readonly onDidChange = this.#changed.event;

  constructor(services: EventServices) {
    this.#services = services;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerFoldingRangeProvider({ scheme: SCHEME }, this),
      services.jobs.onDidChange(({ connectionId, jobId, newEvents }) => {
        if (newEvents.length > 0) this.#refresh(connectionId, jobId);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.scheme === SCHEME) this.#follow(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#lengths.delete(uri.toString())),
    ];
  }

  /** Opens the log at its end. */
  async open(arg: unknown): Promise<void> {
    const record = await chooseJob(this.#services, arg, {
      title: t('Show Job Events'),
      none: t('There is no job yet.'),
    });
    const { connectionId, job } = record;
    await this.#services.watch.readCurve(connectionId, job.id).catch(() => undefined);
    const document = await vscode.workspace.openTextDocument(uriOf(record));
    const typed = await vscode.languages.setTextDocumentLanguage(document, 'log').then(
      (done) => done,
      () => document,
    );
    this.#lengths.set(typed.uri.toString(), typed.lineCount);
    const end = new vscode.Position(typed.lineCount - 1, 0);
    await vscode.window.showTextDocument(typed, { preview: true, selection: new vscode.Range(end, end) });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    await this.#services.jobs.load();
    const { connectionId, jobId } = jobRefOf(uri);
    const record = this.#services.jobs.get(connectionId, jobId);
    if (!record) return t('This job is not known on this machine.');
    const turn = slices();
    const lines = eventLines(record.events);
    let text = '';
    let line = lines.next();
    for (let count = 1; line.done !== true; line = lines.next(), count++) {
      text += line.value;
      if (count % LINES_A_LOOK === 0) await turn();
    }
    this.#epochs.set(uri.toString(), line.value);
    return text || t('No events have been reported yet.');
  }

  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] {
    return (this.#epochs.get(document.uri.toString()) ?? [])
      .filter(({ start, end }) => end > start)
      .map(({ start, end }) => new vscode.FoldingRange(start, end, vscode.FoldingRangeKind.Region));
  }

  dispose(): void {
    clearTimeout(this.#redraw);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #refresh(connectionId: string, jobId: string): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme !== SCHEME) continue;
      const ref = jobRefOf(uri);
      if (ref.connectionId === connectionId && ref.jobId === jobId) this.#dirty.add(uri.toString());
    }
    if (this.#dirty.size === 0) return;
    this.#redraw ??= setTimeout(() => {
      this.#redraw = undefined;
      for (const uri of this.#dirty) this.#changed.fire(vscode.Uri.parse(uri, true));
      this.#dirty.clear();
    }, REDRAW_MS);
  }

  #follow(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const before = this.#lengths.get(key) ?? 0;
    this.#lengths.set(key, document.lineCount);
    const last = document.lineCount - 1;
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document !== document) continue;
      const lowest = Math.max(...editor.visibleRanges.map((range) => range.end.line), editor.selection.active.line);
      // Two lines of slack: the last one is empty, and a growing one may be cut.
      if (lowest >= before - 3) editor.revealRange(new vscode.Range(last, 0, last, 0));
    }
  }
}

function uriOf(record: JobRecord): vscode.Uri {
  return jobUri(SCHEME, record, 'events.log');
}
