import { setImmediate as nextTurn } from 'node:timers/promises';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { OutlineRow } from '../../../protocol/datasetWorker.ts';
import type { DatasetWorkerClient } from '../workerClient.ts';
import { plainText } from '../../ui/plainText.ts';
import { abortWith } from '../commands/abortWith.ts';
import { isDatasetDocument, sourceOf } from './datasetDocuments.ts';

/** More make the Outline view itself slow; the last entry says that there are more. */
const MAX_ROWS = 5000;

/** Symbols made at once: thousands take the extension host a tenth of a second. */
const SLICE = 200;

/** One symbol an example: Outline, breadcrumbs and Go to Symbol in Editor. */
export class DatasetOutline implements vscode.DocumentSymbolProvider {
  private readonly datasets: DatasetWorkerClient;

  constructor(datasets: DatasetWorkerClient) {
    this.datasets = datasets;
  }

  async provideDocumentSymbols(
    document: vscode.TextDocument,
    token: vscode.CancellationToken,
  ): Promise<vscode.DocumentSymbol[]> {
    if (!isDatasetDocument(document)) return [];
    const source = sourceOf(document);
    if (source === null) return [];
    const { version } = document;
    const rows = await this.datasets.outline(source, MAX_ROWS + 1, abortWith(token)).catch(() => []);
    if (document.version !== version) return [];
    const symbols: vscode.DocumentSymbol[] = [];
    for (let from = 0; from < Math.min(rows.length, MAX_ROWS); from += SLICE) {
      for (const row of rows.slice(from, Math.min(from + SLICE, MAX_ROWS))) symbols.push(symbolOf(row, document));
      await nextTurn();
      if (token.isCancellationRequested || document.version !== version) return [];
    }
    const next = rows[MAX_ROWS];
    if (next !== undefined)
      symbols.push(symbolOf({ ...next, title: t('More examples'), detail: t('not listed'), broken: false }, document));
    return symbols;
  }
}

function symbolOf({ line, title, detail, broken }: OutlineRow, document: vscode.TextDocument): vscode.DocumentSymbol {
  const { range } = document.lineAt(Math.min(line, document.lineCount) - 1);
  const kind = broken ? vscode.SymbolKind.Null : vscode.SymbolKind.Object;
  return new vscode.DocumentSymbol(plainText(title), plainText(detail), kind, range, range);
}
