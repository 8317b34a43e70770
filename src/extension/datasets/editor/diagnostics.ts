import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { RULES } from '../../../core/dataset/check/ruleTable.ts';
import type { Finding } from '../../../core/dataset/finding.ts';
import type { DatasetCheck } from '../../../protocol/datasetWorker.ts';

import { whyUnchecked } from './datasetDocuments.ts';
import type { DocumentChecks } from './documentChecks.ts';
import { DIAGNOSTIC_SOURCE } from './fixIds.ts';
import { FoundProblems, type Stamp } from './foundProblems.ts';

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

/** Command that found problems; those of *Check Dataset* are the ones that an open document shows by itself. */
export type FoundBy = 'rules' | 'duplicates' | 'contradictions' | 'leakage';

function notNowText(why: 'until-saved' | 'not-on-disk'): string {
  return why === 'until-saved'
    ? t(
        'The file is larger than 2 MB and is checked when it is saved: the problems shown are those of its saved state.',
      )
    : t('The document is larger than 2 MB and is not a file on disk, so it is not checked. Save it to a folder first.');
}

type Findings = Pick<DatasetCheck, 'findings' | 'findingCount' | 'grader'>;

/** The problems of datasets, those of open documents and those that a command has found in files. */
export class DatasetDiagnostics implements vscode.Disposable {
  private readonly live = vscode.languages.createDiagnosticCollection('tuningFork');
  /** Notes on documents that are not checked at the moment; the problems of their saved state stay where they are. */
  private readonly notNow = vscode.languages.createDiagnosticCollection('tuningFork.notNow');
  private readonly found = new FoundProblems();
  private readonly rulesPage: string;
  private readonly subscriptions: readonly { dispose(): unknown }[];

  constructor(checks: DocumentChecks, rulesPage: string) {
    this.rulesPage = rulesPage;
    this.subscriptions = [
      checks.onDidChange((uri) => {
        const document = checks.documentOf(uri);
        const why = document === undefined ? null : whyUnchecked(document);
        if (why === null) this.notNow.delete(uri);
        else this.notNow.set(uri, [named(new vscode.Diagnostic(FIRST, notNowText(why), INFORMATION))]);
        // Set again, the problems would jump back to their places in the saved file.
        if (why === 'until-saved') return;
        const checked = document === undefined ? undefined : checks.get(document);
        if (document === undefined || checked === undefined) this.live.delete(uri);
        else {
          this.found.drop(uri, 'rules');
          this.live.set(uri, this.ofCheck(checked.check, document));
        }
      }),
      this.live,
      this.notNow,
      this.found,
    ];
  }

  /** Shows the problems that a command found in a file, until one of its files changes (`FoundProblems`). */
  setFound(uri: vscode.Uri, by: FoundBy, found: Findings, stamps: readonly Stamp[]): void {
    this.found.set(uri, by, this.ofCheck(found), stamps);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private ofCheck({ findings, findingCount, grader }: Findings, document?: vscode.TextDocument): vscode.Diagnostic[] {
    const diagnostics = findings.map((finding) => {
      const diagnostic = this.ofFinding(finding);
      if (grader !== undefined && finding.code === 'grader-field-missing') {
        const place = new vscode.Location(vscode.Uri.file(grader.path), new vscode.Position(0, 0));
        diagnostic.relatedInformation = [
          new vscode.DiagnosticRelatedInformation(place, t('The grader that reads this field')),
        ];
      }
      if (document !== undefined) diagnostic.range = document.validateRange(diagnostic.range);
      return diagnostic;
    });
    const more = findingCount - findings.length;
    if (more > 0) {
      const text = tn(more, '{0} more problem is not shown.', '{0} more problems are not shown.');
      diagnostics.push(named(new vscode.Diagnostic(FIRST, text, INFORMATION)));
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

const INFORMATION = vscode.DiagnosticSeverity.Information;

/** Place of problems of the whole file: its beginning, where the eye is; a squiggle under all of line 1 would name the line. */
const FIRST = new vscode.Range(0, 0, 0, 1);

export function rangeOf({ line, column, endColumn, endLine }: Finding): vscode.Range {
  if (line === 0) return FIRST;
  if (endLine !== undefined) return new vscode.Range(line - 1, 0, endLine - 1, Number.MAX_SAFE_INTEGER);
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
