import * as vscode from 'vscode';
import type { Services } from '../../services.ts';
import type { CheckedFile, FileFinding } from './checkEvaluationFile.ts';
import type { Result } from '../../../core/base/result.ts';

/** Milliseconds after the last key stroke. */
const PAUSE_MS = 300;
/** Longest file that is checked, in UTF-16 units: an evaluation file has a few hundred. */
const MOST_UNITS = 200_000;

// eslint-disable-next-line tuning-fork/translated -- the product's name
const SOURCE = 'Tuning Fork';

/**
 * Marks in open evaluation files what their JSON schema cannot know: unknown connections, missing files, and values that contradict each
 * other. The rules are read with the first such file.
 */
export class EvaluationFileMarks implements vscode.Disposable {
  readonly #connections: Pick<Services['connections'], 'list'>;
  readonly #marks = vscode.languages.createDiagnosticCollection('tuningFork.evaluationFiles');
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor({ connections, log }: Pick<Services, 'connections' | 'log'>) {
    this.#connections = connections;
    const check = (document: vscode.TextDocument | undefined): void => {
      if (document === undefined || !isEvaluationFile(document)) return;
      const key = document.uri.toString();
      clearTimeout(this.#waiting.get(key));
      const timer = setTimeout(() => {
        this.#waiting.delete(key);
        this.#check(document).catch((error: unknown) => {
          log.error('An evaluation file could not be checked', error);
        });
      }, PAUSE_MS);
      this.#waiting.set(key, timer);
    };
    const checkAll = (): void => {
      for (const document of vscode.workspace.textDocuments) check(document);
    };
    this.#subscriptions = [
      this.#marks,
      vscode.workspace.onDidOpenTextDocument(check),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        check(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#marks.delete(uri);
      }),
      // Files may have come or gone meanwhile.
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        check(editor?.document);
      }),
      connections.onDidChange(checkAll),
    ];
    checkAll();
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    const { version, uri } = document;
    const text = document.getText();
    if (text.length > MOST_UNITS) return;
    const { checkEvaluationFile } = await import('./checkEvaluationFile.ts');
    const checked: Result<CheckedFile, readonly FileFinding[]> = await checkEvaluationFile(
      text,
      uri.fsPath,
      await this.#connections.list(),
    );
    // Typed on meanwhile: the next check is under way.
    if (document.version !== version || document.isClosed) return;
    const findings = checked.ok ? [] : checked.error.filter(({ inSchema }) => !inSchema);
    this.#marks.set(
      uri,
      findings.map((finding) => diagnosticOf(document, finding)),
    );
  }
}

function isEvaluationFile({ uri }: vscode.TextDocument): boolean {
  return uri.scheme === 'file' && /\.eval\.json$/i.test(uri.path);
}

function diagnosticOf(document: vscode.TextDocument, { code, reason, action, place }: FileFinding): vscode.Diagnostic {
  const { start, end } = place ?? { start: 0, end: 1 };
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  const diagnostic = new vscode.Diagnostic(range, `${reason} ${action}`, vscode.DiagnosticSeverity.Error);
  diagnostic.source = SOURCE;
  diagnostic.code = code;
  return diagnostic;
}
