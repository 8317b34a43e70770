import * as vscode from 'vscode';
import { COMMANDS } from '../../contributions.ts';
import { count } from '../../../core/base/numbers.ts';
import type { CheckedDocument, DocumentChecks } from './documentChecks.ts';
import type { Ui } from '../../ui/ui.ts';

/** Explains the number of tokens; only the lens calls it. */
export const EXPLAIN_TOKENS = 'tuningFork.internal.explainTokens';

/** `500 examples`, `52,776 tokens`, `3 problems`: the parts that the lens and the status bar have in common. */
export function figuresOf({ check, tokens }: CheckedDocument): {
  readonly examples: string;
  readonly tokens: string | null;
  readonly problems: string;
} {
  const problems = check.findingCount;
  return {
    examples: `${count(check.examples)} ${check.examples === 1 ? 'example' : 'examples'}`,
    tokens:
      tokens === null || tokens.examples === 0
        ? null
        : `${tokens.estimated ? 'about ' : ''}${count(tokens.tokens)} tokens`,
    problems: problems === 0 ? 'no problems' : `${count(problems)} ${problems === 1 ? 'problem' : 'problems'}`,
  };
}

/**
 * Over the first line: what to do with the file, and what it holds. The commands come first and the tokens last, so that
 * nothing moves under the mouse when a figure changes or the tokens arrive; only what is drawn otherwise is drawn again.
 */
export class DatasetLenses implements vscode.CodeLensProvider {
  private readonly checks: DocumentChecks;
  /** The titles last given, by document. */
  private readonly given = new Map<string, string>();
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(checks: DocumentChecks) {
    this.checks = checks;
    this.onDidChangeCodeLenses = (listener, thisArgs, disposables) =>
      checks.onDidChange(
        (uri) => {
          if (this.isOld(uri)) listener.call(thisArgs, undefined);
        },
        undefined,
        disposables,
      );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const lenses = this.lensesOf(document);
    this.given.set(document.uri.toString(), titlesOf(lenses));
    return lenses;
  }

  /** What is over the document is not what would be given now. */
  private isOld(uri: vscode.Uri): boolean {
    const document = this.checks.documentOf(uri);
    const given = this.given.get(uri.toString());
    if (document === undefined) return this.given.delete(uri.toString());
    return given !== titlesOf(this.lensesOf(document));
  }

  private lensesOf(document: vscode.TextDocument): vscode.CodeLens[] {
    const checked = this.checks.get(document);
    if (checked?.check.dataset !== true) return [];
    const { examples, tokens, problems } = figuresOf(checked);
    const first = new vscode.Range(0, 0, 0, 0);
    const lens = (title: string, tooltip: string, command: string, args: unknown[] = []): vscode.CodeLens =>
      new vscode.CodeLens(first, { title, tooltip, command, arguments: args });
    return [
      // A job takes a file; what is not saved has none.
      ...(document.uri.scheme === 'file'
        ? [
            lens('Fine-Tune…', 'Fine-tune with this dataset', COMMANDS.startFineTuning, [document.uri]),
            lens('Report', 'Lengths, answers, duplicates, leakage and costs', COMMANDS.showReport, [document.uri]),
          ]
        : []),
      lens(examples, 'Go to an example', 'workbench.action.gotoSymbol'),
      lens(problems, 'Show the problems', 'workbench.actions.view.problems'),
      ...(tokens === null ? [] : [lens(tokens, 'How they are counted', EXPLAIN_TOKENS, [document.uri])]),
    ];
  }
}

const titlesOf = (lenses: readonly vscode.CodeLens[]): string =>
  lenses.map(({ command }) => command?.title ?? '').join('\n');

/** What the number of tokens means, in one notification. */
export function explainTokens(ui: Ui, checked: CheckedDocument | undefined): void {
  const tokens = checked?.tokens;
  if (checked === undefined || tokens === undefined || tokens === null || tokens.examples === 0) return;
  const left = checked.check.examples - tokens.examples;
  void ui.notify(
    'information',
    [
      `${count(tokens.tokens)} tokens are what one epoch trains on: the text in o200k tokens, 4 for each message and 1 for each example.`,
      `An example has ${count(Math.round(tokens.tokens / tokens.examples))} on average; the longest, on line ${count(tokens.longestLine)}, has ${count(tokens.longest)}.`,
      ...(tokens.estimated ? ['Tools and images are not in the formula, so it is an estimate.'] : []),
      ...(left > 0 ? [`${count(left)} ${left === 1 ? 'line' : 'lines'} with errors could not be counted.`] : []),
    ].join(' '),
  );
}
