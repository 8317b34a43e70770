import * as vscode from 'vscode';
import type { DatasetWorkerClient } from '../workerClient.ts';
import type { DatasetFixes, KindAction } from './codeActions.ts';
import { isDatasetDocument } from './datasetDocuments.ts';
import type { DocumentChecks } from './documentChecks.ts';
import { FIX_ALL } from './fixIds.ts';

/** Fixes of datasets, whose code is read when the first dataset asks for them. */
export class LateFixes implements vscode.CodeActionProvider<KindAction> {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL],
  };

  readonly #datasets: DatasetWorkerClient;
  readonly #checks: DocumentChecks;
  #fixes: Promise<DatasetFixes> | null = null;

  constructor(datasets: DatasetWorkerClient, checks: DocumentChecks) {
    this.#datasets = datasets;
    this.#checks = checks;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<KindAction[]> {
    if (!isDatasetDocument(document)) return [];
    return await (await this.#read()).actions(document, context, token);
  }

  async resolveCodeAction(action: KindAction, token: vscode.CancellationToken): Promise<KindAction> {
    return await (await this.#read()).resolve(action, token);
  }

  #read(): Promise<DatasetFixes> {
    this.#fixes ??= import('./codeActions.ts').then(
      ({ DatasetFixes }) => new DatasetFixes(this.#datasets, this.#checks),
    );
    return this.#fixes;
  }
}
