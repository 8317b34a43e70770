import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { Problem } from '../../../core/base/result.ts';
import type { LineTracker } from '../../../core/dataset/suspicious/lineTracker.ts';
import { placedAnswers, stillCalled, trackerOf } from '../../../core/dataset/suspicious/placedAnswers.ts';
import type { PlacedAnswer, SuspiciousReport } from '../../../core/dataset/suspicious/types.ts';
import type { SuspicionState } from '../../../core/dataset/suspicious/view.ts';
import { asProblem } from '../../ui/errors.ts';
import type { Log } from '../../ui/log.ts';
import { diskOf } from '../editor/datasetDocuments.ts';
import { stampOf, watchFile, type Stamp } from '../editor/foundProblems.ts';
import type { Analyze } from './analysisThread.ts';
import { changesOf, sourceOf } from './documentLines.ts';
import { warningsOf } from './warnings.ts';

/** Answers of a file that were judged, and where they are now. */
interface Found {
  readonly report: SuspiciousReport;
  /** Places in the open document, or on disk when it is closed. */
  tracker: LineTracker;
  /** Places on disk: a document may be closed without being saved. */
  saved: LineTracker;
  /** File on disk when `saved` was true. */
  stamp: Promise<Stamp>;
  readonly watcher: vscode.Disposable;
}

/** Outcome without rows: why nothing can be said, or that the file has changed since. */
type Outcome = Found | { readonly problem: Problem } | 'stale';

interface Entry {
  /** Outcome of the last run; the one before it while another goes on. */
  last: Outcome | null;
  running: { readonly abort: AbortController; share: number } | null;
}

interface Deps {
  readonly analyze: Analyze;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Suspicious answers of files, where they were asked for. The editor warns of those that are called suspicious, and rows follow the
 * edits of an open document: a row whose text changes leaves until the change is undone. A file that changes elsewhere has to be asked about again.
 */
export class SuspiciousAnswers implements vscode.Disposable {
  readonly #deps: Deps;
  readonly #entries = new Map<string, Entry>();
  readonly #shown = vscode.languages.createDiagnosticCollection('tuningFork.suspicious');
  readonly #changed = new vscode.EventEmitter<string>();
  readonly #progress = new vscode.EventEmitter<{ readonly file: string; readonly share: number }>();
  readonly #subscriptions: readonly { dispose(): unknown }[];

  /** Fires with the path of a file whose rows or state are others. */
  readonly onDidChange = this.#changed.event;
  /** Fires with the share (0…1) of a run. */
  readonly onDidProgress = this.#progress.event;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#subscriptions = [
      this.#shown,
      this.#changed,
      this.#progress,
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.#follow(document, ({ tracker }) => tracker.find(sourceOf(document)));
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        this.#follow(document, (found) => {
          const moved = found.tracker.change(changesOf(contentChanges), sourceOf(document));
          // Read again from the disk.
          if (diskOf(document) !== null) settle(found, document.uri.fsPath);
          return moved;
        });
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        this.#follow(document, (found) => {
          settle(found, document.uri.fsPath);
          return false;
        });
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.#follow(document, (found) => {
          found.tracker = found.saved.copy();
          void this.#verify(document.uri.fsPath, found);
          return true;
        });
      }),
    ];
  }

  of(file: string): SuspicionState {
    const { last = null, running = null } = this.#entries.get(file) ?? {};
    if (running !== null) return { state: 'running', share: running.share };
    if (last === null) return { state: 'unasked', note: null };
    if (last === 'stale') return { state: 'unasked', note: t('The file has changed since its answers were judged.') };
    if ('problem' in last) return { state: 'unjudged', problem: last.problem };
    const { report } = last;
    const rows = placed(last);
    return { state: 'found', judged: report.judged, called: stillCalled(report, rows), rows };
  }

  /** Judges the answers of a file as it is on disk, in a thread of its own. Resolves at the end; a run that goes on is left alone. */
  async run(file: string): Promise<void> {
    const entry = this.#entries.get(file) ?? { last: null, running: null };
    if (entry.running !== null) return;
    const running = { abort: new AbortController(), share: 0 };
    entry.running = running;
    this.#entries.set(file, entry);
    this.#tell(file);
    const { signal } = running.abort;
    const last = await this.#judge(file, signal, (share) => {
      running.share = share;
      this.#progress.fire({ file, share });
    });
    if (signal.aborted) {
      forget(last);
      return;
    }
    entry.running = null;
    this.#set(file, entry, last);
  }

  /** Ends the run of a file at once; the rows of the one before it stay. */
  cancel(file: string): void {
    const entry = this.#entries.get(file);
    if (entry === undefined || entry.running === null) return;
    const { abort } = entry.running;
    entry.running = null;
    abort.abort();
    this.#tell(file);
  }

  dispose(): void {
    for (const { last, running } of this.#entries.values()) {
      forget(last);
      running?.abort.abort();
    }
    this.#entries.clear();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #judge(file: string, signal: AbortSignal, onProgress: (share: number) => void): Promise<Outcome | null> {
    const before = await stampOf(file);
    try {
      const report = await this.#deps.analyze('suspiciousAnswers', file, signal, onProgress);
      return await this.#begin(file, report, before);
    } catch (error) {
      if (signal.aborted) return null;
      const problem = asProblem(error);
      this.#deps.log.warn(`The answers of ${file} were not judged (${problem.code}): ${problem.message}`);
      return { problem };
    }
  }

  /** Begins to follow the rows of a report. */
  async #begin(file: string, report: SuspiciousReport, before: Stamp): Promise<Found | 'stale'> {
    const now = await stampOf(file);
    const document = documentOf(file);
    if (document === undefined && now.state !== before.state) return 'stale';
    const tracker = trackerOf(report);
    const saved = tracker.copy();
    if (document !== undefined) {
      tracker.find(sourceOf(document));
      // Saved while the run went on: the places on disk are about those of the document.
      if (now.state !== before.state) saved.find(sourceOf(document));
    }
    const found: Found = {
      report,
      tracker,
      saved,
      stamp: Promise.resolve(now),
      watcher: watchFile(file, () => {
        void this.#verify(file, found);
      }),
    };
    return found;
  }

  /** Lets the rows of a document follow what happened to it. `follow`: whether a row is at another place. */
  #follow(document: vscode.TextDocument, follow: (found: Found) => boolean): void {
    if (document.uri.scheme !== 'file') return;
    const file = document.uri.fsPath;
    const last = this.#entries.get(file)?.last ?? null;
    if (isFound(last) && follow(last)) this.#tell(file);
  }

  /** Forgets the rows of a file that is not open and has changed on disk. */
  async #verify(file: string, found: Found): Promise<void> {
    const [known, now] = await Promise.all([found.stamp, stampOf(file)]);
    const entry = this.#entries.get(file);
    if (entry?.last !== found || known.state === now.state) return;
    // An open document reads the change itself, or is saved over it.
    if (documentOf(file) === undefined || now.state === null) this.#set(file, entry, 'stale');
  }

  #set(file: string, entry: Entry, last: Outcome | null): void {
    forget(entry.last);
    entry.last = last;
    this.#tell(file);
  }

  #tell(file: string): void {
    const uri = vscode.Uri.file(file);
    const last = this.#entries.get(file)?.last ?? null;
    if (isFound(last)) this.#shown.set(uri, warningsOf(uri, placed(last)));
    else this.#shown.delete(uri);
    this.#changed.fire(file);
  }
}

function isFound(outcome: Outcome | null): outcome is Found {
  return typeof outcome === 'object' && outcome !== null && 'report' in outcome;
}

function forget(outcome: Outcome | null): void {
  if (isFound(outcome)) outcome.watcher.dispose();
}

function documentOf(file: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file);
}

function placed({ report, tracker }: Found): readonly PlacedAnswer[] {
  return placedAnswers(report, tracker.places());
}

function settle(found: Found, file: string): void {
  found.saved = found.tracker.copy();
  found.stamp = stampOf(file);
}
