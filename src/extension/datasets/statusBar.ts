import * as vscode from 'vscode';
import { figuresOf } from './codeLenses.ts';
import type { DocumentChecks } from './documentChecks.ts';

/** The figures of the dataset in front, in the status bar; a click leads to its problems. */
export class DatasetStatus implements vscode.Disposable {
  private readonly checks: DocumentChecks;
  private readonly subscriptions: readonly vscode.Disposable[];
  /** Made with the first dataset: windows without one have no item. */
  private item: vscode.StatusBarItem | undefined;

  constructor(checks: DocumentChecks) {
    this.checks = checks;
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.draw();
      }),
      checks.onDidChange(() => {
        this.draw();
      }),
    ];
    this.draw();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.item?.dispose();
  }

  private draw(): void {
    const document = vscode.window.activeTextEditor?.document;
    const checked = document === undefined ? undefined : this.checks.get(document);
    if (checked?.check.dataset !== true) {
      this.item?.hide();
      return;
    }
    const { examples, tokens, problems } = figuresOf(checked);
    const { errorCount, findingCount } = checked.check;
    const icon = errorCount > 0 ? '$(error)' : findingCount > 0 ? '$(warning)' : '$(pass)';
    this.item ??= this.make();
    this.item.text = `${icon} ${examples}`;
    this.item.tooltip = [examples, ...(tokens === null ? [] : [tokens]), problems].join(' · ');
    this.item.accessibilityInformation = {
      label: `Dataset: ${[examples, ...(tokens === null ? [] : [tokens]), problems].join(', ')}`,
    };
    this.item.show();
  }

  private make(): vscode.StatusBarItem {
    const item = vscode.window.createStatusBarItem('tuningFork.dataset', vscode.StatusBarAlignment.Right, 90);
    item.name = 'Dataset';
    item.command = 'workbench.actions.view.problems';
    return item;
  }
}
