import path from 'node:path';
import * as vscode from 'vscode';
import type { DatasetWorkerClient } from './workerClient.ts';
import { asProblem } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';

const SCHEME = 'tuning-fork-lines';
/** UTF-16 units of an excerpt, and of one line: the editor draws no longer ones well. */
const MAX_UNITS = 4 * 1024 * 1024;
const MAX_LINE_UNITS = 1024 * 1024;
/** Remembered at once; tabs of older ones say that they are gone. */
const MAX_KEPT = 50;

/** Lines of files that the editor does not open (above 50 MB), as read-only documents. */
export class LineExcerpts {
  readonly #datasets: DatasetWorkerClient;
  readonly #kept = new Map<string, { readonly file: string; readonly lines: readonly number[] }>();
  #next = 1;

  constructor(datasets: DatasetWorkerClient) {
    this.#datasets = datasets;
  }

  register(): vscode.Disposable {
    return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: (uri, token) => this.#content(uri, token),
    });
  }

  async show(file: string, lines: readonly number[]): Promise<void> {
    const id = String(this.#next);
    this.#next += 1;
    this.#kept.set(id, { file, lines: [...lines].sort((a, b) => a - b) });
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '');
    const what = lines.length === 1 ? `line ${String(lines[0] ?? 0)}` : `${String(lines.length)} lines`;
    const name = `/${what} of ${plainText(path.basename(file))}`;
    await vscode.window.showTextDocument(vscode.Uri.from({ scheme: SCHEME, path: name, query: id }), {
      preview: true,
    });
  }

  async #content(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    // An address may be typed by anybody, and tabs outlive a window: only what was asked for here is read.
    const wanted = this.#kept.get(uri.query);
    if (wanted === undefined) return 'These lines are not kept any more. Open them from the report again.';
    const abort = new AbortController();
    token.onCancellationRequested(() => {
      abort.abort();
    });
    const { file, lines } = wanted;
    const each = Math.min(MAX_LINE_UNITS, Math.floor(MAX_UNITS / lines.length));
    try {
      const found = await this.#datasets.excerpt(file, lines, each, abort.signal);
      return found
        .map(({ line, text }) => {
          const shown = text ?? '(It is too long to be shown, no text, or no longer there.)';
          return lines.length === 1 ? shown : `// Line ${String(line)}\n${shown}`;
        })
        .join('\n');
    } catch (error) {
      const { message, action } = asProblem(error);
      return `${message} ${action}`;
    }
  }
}
