import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { figuresOf } from './codeLenses.ts';
import { isDatasetDocument, whyUnchecked } from './datasetDocuments.ts';
import type { CheckedDocument, DocumentChecks } from './documentChecks.ts';

/** Content of the item. */
interface Shown {
  readonly icon: string;
  readonly text: string;
  readonly about: readonly string[];
}

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
    const shown = document === undefined ? null : stateOf(document, this.checks.get(document));
    if (shown === null) {
      this.item?.hide();
      return;
    }
    this.item ??= this.make();
    this.item.text = `${shown.icon} ${shown.text}`;
    this.item.tooltip = shown.about.join(' · ');
    this.item.accessibilityInformation = { label: t('Dataset: {0}', shown.about.join(', ')) };
    this.item.show();
  }

  private make(): vscode.StatusBarItem {
    const item = vscode.window.createStatusBarItem('tuningFork.dataset', vscode.StatusBarAlignment.Right, 90);
    item.name = t('Dataset');
    item.command = 'workbench.actions.view.problems';
    return item;
  }
}

/** State of the dataset in front, null without one. For a document that cannot be checked now, the reason replaces its figures. */
function stateOf(document: vscode.TextDocument, checked: CheckedDocument | undefined): Shown | null {
  const why = isDatasetDocument(document) ? whyUnchecked(document) : null;
  if (why === 'not-on-disk') {
    const about = [t('not checked: larger than 2 MB and not a file on disk')];
    return { icon: '$(circle-slash)', text: t('Not checked'), about };
  }
  if (checked?.check.dataset !== true) return null;
  const { examples, tokens, problems } = figuresOf(checked);
  const about = [examples, ...(tokens === null ? [] : [tokens]), problems];
  if (why === 'until-saved') {
    const note = t('as last saved; larger than 2 MB, so it is checked when it is saved');
    const text = tn(checked.check.examples, '{0} example as saved', '{0} examples as saved');
    return { icon: '$(history)', text, about: [...about, note] };
  }
  const { errorCount, findingCount } = checked.check;
  const icon = errorCount > 0 ? '$(error)' : findingCount > 0 ? '$(warning)' : '$(pass)';
  return { icon, text: examples, about };
}
