import * as vscode from 'vscode';
import { RULES } from '../../core/dataset/ruleTable.ts';
import type { Finding } from '../../core/dataset/finding.ts';
import type { DatasetCheck } from '../../protocol/datasetWorker.ts';
import { count } from '../wizard/tuningPlan.ts';
import type { DocumentChecks } from './documentChecks.ts';

/** What the Problems view and quick fixes know our problems by. */
export const DIAGNOSTIC_SOURCE = 'Tuning Fork';

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

/** The problems of datasets, those of open documents and those that a command has found in files. */
export class DatasetDiagnostics implements vscode.Disposable {
  private readonly live = vscode.languages.createDiagnosticCollection('tuningFork');
  private readonly found = vscode.languages.createDiagnosticCollection('tuningFork.found');
  private readonly rulesPage: string;
  private readonly subscriptions: readonly { dispose(): unknown }[];

  constructor(checks: DocumentChecks, rulesPage: string) {
    this.rulesPage = rulesPage;
    this.subscriptions = [
      checks.onDidChange((uri) => {
        const checked = checks.all().find(({ document }) => document.uri.toString() === uri.toString());
        if (checked === undefined) this.live.delete(uri);
        else this.live.set(uri, this.ofCheck(checked.check, checked.document));
      }),
      // Places that a command has found are true for the text it has read.
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && this.found.has(document.uri)) this.found.delete(document.uri);
      }),
      this.live,
      this.found,
    ];
  }

  /** Shows what a command has found in a file, until its text changes or the command is run again. */
  setFound(uri: vscode.Uri, check: Pick<DatasetCheck, 'findings' | 'findingCount'>): void {
    this.found.set(uri, this.ofCheck(check));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private ofCheck(
    { findings, findingCount }: Pick<DatasetCheck, 'findings' | 'findingCount'>,
    document?: vscode.TextDocument,
  ): vscode.Diagnostic[] {
    const diagnostics = findings.map((finding) => {
      const diagnostic = this.ofFinding(finding);
      if (document !== undefined) diagnostic.range = document.validateRange(diagnostic.range);
      return diagnostic;
    });
    const more = findingCount - findings.length;
    if (more > 0) {
      const text = `${count(more)} more ${more === 1 ? 'problem is' : 'problems are'} not shown.`;
      diagnostics.push(named(new vscode.Diagnostic(FIRST, text, vscode.DiagnosticSeverity.Information)));
    }
    return diagnostics;
  }

  private ofFinding(finding: Finding): vscode.Diagnostic {
    const diagnostic = named(new vscode.Diagnostic(rangeOf(finding), finding.message, SEVERITIES[finding.severity]));
    diagnostic.code = Object.hasOwn(RULES, finding.code)
      ? { value: finding.code, target: vscode.Uri.parse(`${this.rulesPage}#${finding.code}`) }
      : finding.code;
    return diagnostic;
  }
}

/** What is about the whole file stands at its beginning, where the eye is; a squiggle under all of line 1 would name the line. */
const FIRST = new vscode.Range(0, 0, 0, 1);

export function rangeOf({ line, column, endColumn }: Finding): vscode.Range {
  if (line === 0) return FIRST;
  if (column === 0) return new vscode.Range(line - 1, 0, line - 1, Number.MAX_SAFE_INTEGER);
  return new vscode.Range(line - 1, column - 1, line - 1, Math.max(endColumn - 1, column));
}

export function codeOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}

function named(diagnostic: vscode.Diagnostic): vscode.Diagnostic {
  diagnostic.source = DIAGNOSTIC_SOURCE;
  return diagnostic;
}
