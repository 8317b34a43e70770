import * as vscode from 'vscode';
import { isDatasetName, isTestName, isValidationName } from '../../../core/dataset/fileNames.ts';
import type { DatasetSource } from '../../../protocol/datasetWorker.ts';

/**
 * Documents up to this many UTF-16 units are checked while typing. Their text goes to the worker with every check, which
 * costs the host about 12 ms at this size; larger ones are read by the worker itself when they are opened and saved.
 */
export const LIVE_UNITS = 2 * 1024 * 1024;

/** Recognizes JSON lines by the language (VS Code's own `jsonl`) or by the name; not the old sides of comparisons and the like. */
export function isDatasetDocument(document: vscode.TextDocument): boolean {
  const { scheme, path } = document.uri;
  if (document.languageId !== 'jsonl' && !isDatasetName(path)) return false;
  return (
    scheme === 'file' ||
    scheme === 'untitled' ||
    // Virtual workspaces, but not the old states that Git and the timeline show.
    vscode.workspace.fs.isWritableFileSystem(scheme) === true ||
    (vscode.workspace.workspaceFolders?.some((folder) => folder.uri.scheme === scheme) ?? false)
  );
}

/** Selector for providers, which call `isDatasetDocument` besides. */
export const SELECTOR: vscode.DocumentSelector = [
  { language: 'jsonl' },
  { pattern: '**/*.{jsonl,ndjson,JSONL,NDJSON}' },
];

function isLive(document: vscode.TextDocument): boolean {
  const last = document.lineAt(document.lineCount - 1);
  return document.offsetAt(last.range.end) <= LIVE_UNITS;
}

/** Reason why a document cannot be checked now: it is too large to be sent, and the file on disk has another text. */
export function whyUnchecked(document: vscode.TextDocument): 'until-saved' | 'not-on-disk' | null {
  if (isLive(document)) return null;
  if (document.uri.scheme !== 'file') return 'not-on-disk';
  return document.isDirty ? 'until-saved' : null;
}

/** The text of a document; of a large one the file on disk, when it has not been changed. Null: see `whyUnchecked`. */
export function sourceOf(document: vscode.TextDocument): DatasetSource | null {
  if (whyUnchecked(document) !== null) return null;
  if (!isLive(document)) return { path: document.uri.fsPath };
  return { name: document.fileName, text: document.getText() };
}

/** Path of the bytes of an unchanged document; null when they cannot be read by a path. */
export function diskOf(document: vscode.TextDocument): string | null {
  return document.uri.scheme === 'file' && !document.isDirty ? document.uri.fsPath : null;
}

/** Whether a file is for training: those to validate and test with may be shorter than providers require. */
export function isForTraining(uri: vscode.Uri): boolean {
  return !isValidationName(uri.path) && !isTestName(uri.path);
}
