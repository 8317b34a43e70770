import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { PlacedAnswer } from '../../../core/dataset/suspicious/types.ts';
import { DIAGNOSTIC_SOURCE } from '../editor/fixIds.ts';

/** Warnings of the rows that are called suspicious, each with the similar rows that say otherwise. */
export function warningsOf(uri: vscode.Uri, rows: readonly PlacedAnswer[]): vscode.Diagnostic[] {
  return rows
    .filter(({ called }) => called)
    .map(({ line, column, endColumn, reason, similar }) => {
      const range =
        column === 0
          ? new vscode.Range(line - 1, 0, line - 1, Number.MAX_SAFE_INTEGER)
          : new vscode.Range(line - 1, column - 1, line - 1, endColumn - 1);
      const warning = new vscode.Diagnostic(range, reason, vscode.DiagnosticSeverity.Warning);
      warning.source = DIAGNOSTIC_SOURCE;
      warning.code = 'suspicious-answer';
      warning.relatedInformation = similar.map((other) => {
        const place = new vscode.Location(uri, new vscode.Position(other.line - 1, 0));
        const text = t('A similar row says otherwise: “{0}”', other.answer);
        return new vscode.DiagnosticRelatedInformation(place, text);
      });
      return warning;
    });
}
