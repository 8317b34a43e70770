import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { COMMANDS } from '../../contributions.ts';

import type { CheckedDocument, DocumentChecks } from './documentChecks.ts';
import type { Ui } from '../../ui/ui.ts';

/** Explains the number of tokens; only the lens calls it. */
export const EXPLAIN_TOKENS = 'tuningFork.internal.explainTokens';

/** `500 examples`, `52,776 tokens`, `3 problems`: the parts shared by the lens and the status bar. */
export function figuresOf({ check, tokens }: CheckedDocument): {
  readonly examples: string;
  readonly tokens: string | null;
  readonly problems: string;
} {
  const problems = check.findingCount;
  return {
    examples: tn(check.examples, '{0} example', '{0} examples'),
    tokens:
      tokens === null || tokens.examples === 0
        ? null
        : tokens.estimated
          ? tn(tokens.tokens, 'about {0} token', 'about {0} tokens')
          : tn(tokens.tokens, '{0} token', '{0} tokens'),
    problems: problems === 0 ? t('no problems') : tn(problems, '{0} problem', '{0} problems'),
  };
}

/**
 * Commands and figures of a dataset over its first line. The commands come first and the tokens last, so that
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

  /** Whether the lenses over the document differ from those that would be given now. */
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
      // A job takes a file; an unsaved document has none.
      ...(document.uri.scheme === 'file'
        ? [
            lens(t('Fine-Tune…'), t('Fine-tune with this dataset'), COMMANDS.startFineTuning, [document.uri]),
            lens(t('Show Dataset Report'), t('Lengths, answers, duplicates, leakage and costs'), COMMANDS.showReport, [
              document.uri,
            ]),
          ]
        : []),
      lens(examples, t('Go to an example'), 'workbench.action.gotoSymbol'),
      lens(problems, t('Show the problems'), 'workbench.actions.view.problems'),
      ...(tokens === null ? [] : [lens(tokens, t('Explain the number of tokens'), EXPLAIN_TOKENS, [document.uri])]),
    ];
  }
}

const titlesOf = (lenses: readonly vscode.CodeLens[]): string =>
  lenses.map(({ command }) => command?.title ?? '').join('\n');

/** Explains the number of tokens in one notification. */
export function explainTokens(ui: Ui, checked: CheckedDocument | undefined): void {
  const tokens = checked?.tokens;
  if (checked === undefined || tokens === undefined || tokens === null || tokens.examples === 0) return;
  const left = checked.check.examples - tokens.examples;
  void ui.notify(
    'information',
    [
      tn(
        tokens.tokens,
        'One epoch trains on {0} token: the text in o200k tokens, 4 for each message and 1 for each example.',
        'One epoch trains on {0} tokens: the text in o200k tokens, 4 for each message and 1 for each example.',
      ),
      t(
        'An example has {0} on average; the longest, on line {1}, has {2}.',
        Math.round(tokens.tokens / tokens.examples),
        tokens.longestLine,
        tokens.longest,
      ),
      ...(tokens.estimated
        ? [
            t(
              'Tool definitions and calls are counted as compact JSON and images are not counted, so this is an estimate.',
            ),
          ]
        : []),
      ...(left > 0
        ? [tn(left, '{0} line with errors could not be counted.', '{0} lines with errors could not be counted.')]
        : []),
    ].join(' '),
  );
}
