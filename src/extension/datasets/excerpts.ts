import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../core/base/messages.ts';
import type { DatasetWorkerClient } from './workerClient.ts';
import { asProblem } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';

const SCHEME = 'tuning-fork-lines';
/** UTF-16 units of an excerpt, and of one line: the editor draws no longer ones well. */
const MAX_UNITS = 4 * 1024 * 1024;
const MAX_LINE_UNITS = 1024 * 1024;
/** Excerpts remembered at once; tabs of older ones tell that their lines are gone. */
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
    const name = plainText(path.basename(file));
    const title =
      lines.length === 1
        ? t('line {0} of {1}', String(lines[0] ?? 0), name)
        : tn(lines.length, '{0} line of {1}', '{0} lines of {1}', name);
    await vscode.window.showTextDocument(vscode.Uri.from({ scheme: SCHEME, path: `/${title}`, query: id }), {
      preview: true,
    });
  }

  async #content(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    // Any extension can open such an address, and tabs outlive a window: only lines that were shown from here are read.
    const wanted = this.#kept.get(uri.query);
    if (wanted === undefined) return t('These lines are no longer available. Open them from the report again.');
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
          const shown = text ?? t('(The line is too long to be shown, is not text, or no longer exists.)');
          return lines.length === 1 ? shown : `// ${t('Line {0}', String(line))}\n${shown}`;
        })
        .join('\n');
    } catch (error) {
      const { message, action } = asProblem(error);
      return `${message} ${action}`;
    }
  }
}
