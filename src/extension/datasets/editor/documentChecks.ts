import path from 'node:path';
import * as vscode from 'vscode';
import type { DatasetCheck, DatasetTokens } from '../../../protocol/datasetWorker.ts';
import type { DatasetWorkerClient } from '../workerClient.ts';
import { isGraderName } from '../../../core/dataset/fileNames.ts';
import { asProblem } from '../../ui/errors.ts';
import type { Log } from '../../ui/log.ts';
import { diskOf, isDatasetDocument, isForTraining, sourceOf } from './datasetDocuments.ts';
import type { GraderChoices } from '../commands/graderChoices.ts';

/** Findings that are shown; VS Code itself shows a thousand a file. */
export const SHOWN_FINDINGS = 999;

/** Delay while typing: long enough for a burst of keys, short enough to see the squiggle go. In milliseconds. */
const SHORTEST_DELAY = 150;
const LONGEST_DELAY = 1500;

export interface CheckedDocument {
  readonly document: vscode.TextDocument;
  /** Version of the text that was checked. */
  readonly version: number;
  readonly check: DatasetCheck;
  /** Null until they are counted. */
  readonly tokens: DatasetTokens | null;
}

/** Codes of failures to read a grader that was chosen once. */
const GRADER_FAILURES: ReadonlySet<string> = new Set([
  'not-a-grader',
  'file-not-found',
  'no-permission',
  'is-a-folder',
  'cannot-read',
]);

interface Entry {
  readonly document: vscode.TextDocument;
  timer: ReturnType<typeof setTimeout> | undefined;
  abort: AbortController | undefined;
  /** Milliseconds that the last check took. */
  took: number;
  last: CheckedDocument | undefined;
}

/**
 * Keeps every open dataset checked, in the worker: at once when it is opened or saved, and while typing as long as it is
 * small enough. A newer text ends the check of the older one; results for a text that has changed are dropped.
 */
export class DocumentChecks implements vscode.Disposable {
  private readonly datasets: DatasetWorkerClient;
  private readonly graders: GraderChoices;
  private readonly log: Log;
  private readonly entries = new Map<string, Entry>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly subscriptions: readonly vscode.Disposable[];

  /** Fires when a document was checked or counted, cannot be checked now, or is no longer watched. */
  readonly onDidChange = this.changed.event;

  constructor(datasets: DatasetWorkerClient, graders: GraderChoices, log: Log) {
    this.datasets = datasets;
    this.graders = graders;
    this.log = log;
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.schedule(document, 0);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        // The event also fires when only the dirty state changes, which saving tells.
        if (contentChanges.length > 0) this.typed(document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        this.schedule(document, 0);
        if (isGraderName(document.uri.path)) this.graderSaved(document.uri);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.forget(document);
      }),
    ];
    for (const document of vscode.workspace.textDocuments) this.schedule(document, 0);
  }

  /** Result of the last check of an open document; its version tells whether the text is still the same. */
  get(document: vscode.TextDocument): CheckedDocument | undefined {
    return this.entries.get(document.uri.toString())?.last;
  }

  /** Watched document of this name. */
  documentOf(uri: vscode.Uri): vscode.TextDocument | undefined {
    return this.entries.get(uri.toString())?.document;
  }

  /** Checks a document once more: its file, or its grader, has changed without its text. */
  again(uri: vscode.Uri): void {
    const entry = this.entries.get(uri.toString());
    if (entry !== undefined) this.schedule(entry.document, 0);
  }

  all(): readonly CheckedDocument[] {
    return [...this.entries.values()].flatMap(({ last }) => (last === undefined ? [] : [last]));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const entry of this.entries.values()) stop(entry);
    this.entries.clear();
    this.changed.dispose();
  }

  /** Checks the datasets that use this grader, or may from now on. */
  private graderSaved(uri: vscode.Uri): void {
    for (const { document, last } of this.entries.values()) {
      const beside = path.dirname(document.uri.fsPath) === path.dirname(uri.fsPath);
      if (beside || last?.check.grader?.path === uri.fsPath) this.schedule(document, 0);
    }
  }

  private typed(document: vscode.TextDocument): void {
    const entry = this.entries.get(document.uri.toString());
    this.schedule(document, Math.min(Math.max(2 * (entry?.took ?? 0), SHORTEST_DELAY), LONGEST_DELAY));
  }

  private schedule(document: vscode.TextDocument, delay: number): void {
    if (!isDatasetDocument(document)) return;
    const key = document.uri.toString();
    let entry = this.entries.get(key);
    // The same name can be opened again: then it is another document.
    if (entry === undefined || entry.document !== document) {
      if (entry !== undefined) stop(entry);
      entry = { document, timer: undefined, abort: undefined, took: 0, last: undefined };
      this.entries.set(key, entry);
    }
    stop(entry);
    const present = entry;
    if (delay === 0) void this.run(present);
    else entry.timer = setTimeout(() => void this.run(present), delay);
  }

  private async run(entry: Entry, grader = this.graders.sourceFor(entry.document.uri)): Promise<void> {
    const { document } = entry;
    const source = sourceOf(document);
    if (source === null) {
      // The problems of its saved state stay; a document without one has none.
      if (document.uri.scheme !== 'file') entry.last = undefined;
      this.changed.fire(document.uri);
      return;
    }
    const abort = new AbortController();
    entry.abort = abort;
    const { version } = document;
    const started = performance.now();
    const isNewest = (): boolean => entry.abort === abort && document.version === version && !document.isClosed;
    try {
      const options = {
        disk: 'text' in source ? diskOf(document) : null,
        forTraining: isForTraining(document.uri),
        limit: SHOWN_FINDINGS,
        grader,
      };
      const check = await this.datasets.check(source, options, abort.signal);
      if (!isNewest()) return;
      entry.took = performance.now() - started;
      entry.last = { document, version, check, tokens: null };
      this.changed.fire(document.uri);
      if (!check.dataset) return;
      const tokens = await this.datasets.countTokens(source, abort.signal);
      if (!isNewest()) return;
      entry.last = { document, version, check, tokens };
      this.changed.fire(document.uri);
    } catch (error) {
      if (abort.signal.aborted) return;
      const { code, message } = asProblem(error);
      if (grader !== null && GRADER_FAILURES.has(code) && isNewest()) {
        // A chosen grader that is gone or broken must not hide everything else.
        this.log.warn(`${document.uri.path} is checked without its grader (${code}): ${message}`);
        void this.run(entry, null);
        return;
      }
      this.log.warn(`${document.uri.path} could not be checked (${code}): ${message}`);
      if (!isNewest()) return;
      // No result is better than that of another text.
      entry.last = undefined;
      this.changed.fire(document.uri);
    }
  }

  private forget(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const entry = this.entries.get(key);
    if (entry === undefined || entry.document !== document) return;
    stop(entry);
    this.entries.delete(key);
    this.changed.fire(document.uri);
  }
}

function stop(entry: Entry): void {
  clearTimeout(entry.timer);
  entry.timer = undefined;
  entry.abort?.abort(new Error('A newer text is checked'));
  entry.abort = undefined;
}
