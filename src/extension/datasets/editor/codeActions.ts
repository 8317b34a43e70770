import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { Finding } from '../../../core/dataset/finding.ts';
import type { LineFix } from '../../../core/dataset/check/fixes.ts';
import { isRuleCode, RULES } from '../../../core/dataset/check/ruleTable.ts';
import { COMMANDS } from '../../contributions.ts';
import type { DatasetWorkerClient } from '../workerClient.ts';
import { abortWith } from '../commands/abortWith.ts';
import { sourceOf } from './datasetDocuments.ts';
import { TABLE } from '../files.ts';
import { codeOf, rangeOf } from './diagnostics.ts';
import type { DocumentChecks } from './documentChecks.ts';
import { DIAGNOSTIC_SOURCE, FIX_ALL, FIX_BYTES } from './fixIds.ts';

/** Title of the fix of a problem that an editor's text does not show, made in the file itself; null for other problems. */
function inFileTitle(code: string): string | null {
  switch (code) {
    case 'byte-order-mark':
      return t('Save without byte order mark');
    case 'utf-16':
      return t('Save as UTF-8');
    case 'lone-cr':
      return t('Save with LF line endings');
    case 'carriage-return':
      return t('Remove the carriage returns and save');
    default:
      return null;
  }
}

/** Problems of files in other forms, which can be converted into chat examples in a new file. */
const CONVERTIBLE: ReadonlySet<string> = new Set([
  'csv',
  'json-array',
  'json-spread',
  'kind-prompt-completion',
  'kind-prompt-messages',
  'kind-pairs',
  'kind-chosen-rejected',
  'kind-gemini',
  'kind-bedrock',
  'kind-templated',
  'kind-messages-text',
  'kind-encoded-twice',
  'kind-wrapped',
  'kind-columns',
  'kind-conversations',
  'kind-instruction',
]);

/** Codes of forms that a whole file may have, of which only the first line is a problem then. */
const NAMED_ONCE: ReadonlySet<string> = new Set([
  'json-trailing-comma',
  'json-typographic-quotes',
  'json-space',
  'json-spread',
  'not-object',
]);

/** Problems at one place that get a fix of their own. */
const MAX_FIXES = 20;

export interface KindAction extends vscode.CodeAction {
  /** Document and codes that its edit is made for when it is chosen. */
  fixes?: { readonly document: vscode.TextDocument; readonly codes: readonly string[] };
}

/** `Remove the comma`, `Fix all of this kind`, and everything at once as a source action. */
export class DatasetFixes {
  private readonly datasets: DatasetWorkerClient;
  private readonly checks: DocumentChecks;

  constructor(datasets: DatasetWorkerClient, checks: DocumentChecks) {
    this.datasets = datasets;
    this.checks = checks;
  }

  async actions(
    document: vscode.TextDocument,
    context: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<KindAction[]> {
    // Requested by name (on save, by the command), never computed for the light bulb.
    if (context.only?.contains(FIX_ALL) === true) return await this.fixAll(document, token);
    if (context.only !== undefined && !context.only.contains(vscode.CodeActionKind.QuickFix)) return [];
    return await this.quickFixes(document, context.diagnostics, token);
  }

  async resolve(action: KindAction, token: vscode.CancellationToken): Promise<KindAction> {
    if (action.fixes === undefined) return action;
    const { document, codes } = action.fixes;
    action.edit = await fixEdit(this.datasets, document, codes, abortWith(token));
    return action;
  }

  private async fixAll(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<KindAction[]> {
    const edit = await fixEdit(this.datasets, document, this.codesOf(document), abortWith(token));
    if (edit.size === 0) return [];
    const action: KindAction = new vscode.CodeAction(t('Fix all auto-fixable problems'), FIX_ALL);
    action.edit = edit;
    return [action];
  }

  /** Codes that may be fixed without a question: all in a dataset, only those of invalid JSON in other files. */
  private codesOf(document: vscode.TextDocument): readonly string[] | null {
    const checked = this.checks.get(document);
    if (checked?.check.dataset === true) return null;
    return checked === undefined ? [] : [...new Set(checked.check.findings.map(({ code }) => code))];
  }

  private async quickFixes(
    document: vscode.TextDocument,
    diagnostics: readonly vscode.Diagnostic[],
    token: vscode.CancellationToken,
  ): Promise<KindAction[]> {
    const checked = this.checks.get(document);
    // Places of an older text would fix the wrong characters.
    if (checked?.version !== document.version) return [];
    const own = diagnostics
      .filter((diagnostic) => diagnostic.source === DIAGNOSTIC_SOURCE)
      .filter((diagnostic) => hasFix(codeOf(diagnostic)))
      .slice(0, MAX_FIXES);
    const actions: KindAction[] = [];
    const foreign = diagnostics.find(
      (diagnostic) => diagnostic.source === DIAGNOSTIC_SOURCE && CONVERTIBLE.has(codeOf(diagnostic)),
    );
    if (foreign !== undefined && document.uri.scheme === 'file') actions.push(conversion(document, foreign));
    const kinds = new Map<string, vscode.Diagnostic>();
    for (const diagnostic of own) {
      const code = codeOf(diagnostic);
      const title = inFileTitle(code);
      if (title !== null) {
        actions.push(inFile(document, title, code, diagnostic));
        continue;
      }
      if (code === 'crlf') {
        actions.push(lineEndings(document, diagnostic));
        continue;
      }
      const finding = checked.check.findings.find((candidate) => isSame(candidate, diagnostic, document));
      if (finding === undefined) continue;
      const text = textOf(document, finding);
      const [fix] = await this.datasets.fixesOfLine(text, [finding], abortWith(token)).catch(() => []);
      if (fix === undefined || fix === null) continue;
      // Half of a pair of marks is of no use.
      if (code === 'markdown-fence') {
        actions.push(ofKind(document, fix.title, code, diagnostic));
        continue;
      }
      actions.push(single(document, finding, fix, diagnostic));
      kinds.set(code, diagnostic);
    }
    for (const [code, diagnostic] of kinds) {
      if (!isRuleCode(code)) continue;
      // A form that the whole file has is named once.
      const found = checked.check.findings.filter((finding) => finding.code === code).length;
      if (found < 2 && !NAMED_ONCE.has(code)) continue;
      actions.push(ofKind(document, t('Fix all of this kind: {0}', RULES[code].title()), code, diagnostic));
    }
    return actions;
  }
}

function conversion(document: vscode.TextDocument, diagnostic: vscode.Diagnostic): KindAction {
  const title = t('Convert to Chat JSONL…');
  const action: KindAction = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  const form = codeOf(diagnostic) === 'csv' ? TABLE : undefined;
  action.command = { title, command: COMMANDS.convertDataset, arguments: [document.uri, form] };
  return action;
}

/** Every fix of one kind, made when it is chosen. */
function ofKind(document: vscode.TextDocument, title: string, code: string, diagnostic: vscode.Diagnostic): KindAction {
  const action: KindAction = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.fixes = { document, codes: [code] };
  return action;
}

/** Text of the lines of a finding, without the last ending. */
function textOf(document: vscode.TextDocument, { line, endLine = line }: Finding): string {
  const lines: string[] = [];
  for (let number = line; number <= Math.min(endLine, document.lineCount); number += 1)
    lines.push(document.lineAt(number - 1).text);
  return lines.join('\n');
}

function hasFix(code: string): boolean {
  return isRuleCode(code) && RULES[code].fix;
}

function isSame(finding: Finding, diagnostic: vscode.Diagnostic, document: vscode.TextDocument): boolean {
  return finding.code === codeOf(diagnostic) && document.validateRange(rangeOf(finding)).isEqual(diagnostic.range);
}

function single(
  document: vscode.TextDocument,
  finding: Finding,
  fix: LineFix,
  diagnostic: vscode.Diagnostic,
): KindAction {
  const { line } = finding;
  const action: KindAction = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  action.edit = new vscode.WorkspaceEdit();
  if (fix.whole !== undefined) action.edit.replace(document.uri, rangeOf(finding), fix.whole);
  if (fix.removeLine === true) action.edit.delete(document.uri, wholeLine(document, line));
  for (const { column, endColumn, text } of fix.edits) {
    action.edit.replace(document.uri, new vscode.Range(line - 1, column - 1, line - 1, endColumn - 1), text);
  }
  return action;
}

function lineEndings(document: vscode.TextDocument, diagnostic: vscode.Diagnostic): KindAction {
  const action: KindAction = new vscode.CodeAction(t('Use LF line endings'), vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  action.edit = new vscode.WorkspaceEdit();
  action.edit.set(document.uri, [vscode.TextEdit.setEndOfLine(vscode.EndOfLine.LF)]);
  return action;
}

function inFile(document: vscode.TextDocument, title: string, code: string, diagnostic: vscode.Diagnostic): KindAction {
  const action: KindAction = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  action.command = { title, command: FIX_BYTES, arguments: [document.uri, code] };
  return action;
}

/** A line with its ending; of the last line, the ending before it. */
function wholeLine(document: vscode.TextDocument, line: number): vscode.Range {
  const range = document.lineAt(line - 1).rangeIncludingLineBreak;
  if (line < document.lineCount || line === 1) return range;
  return new vscode.Range(document.lineAt(line - 2).range.end, range.end);
}

/** Every fix of these codes (all when null) in a document as one edit; lines without a fix are not touched. */
async function fixEdit(
  datasets: DatasetWorkerClient,
  document: vscode.TextDocument,
  codes: readonly string[] | null,
  signal: AbortSignal,
): Promise<vscode.WorkspaceEdit> {
  const { version } = document;
  const edit = new vscode.WorkspaceEdit();
  const source = sourceOf(document);
  // A large document with changes can be fixed once it is saved.
  if (source === null) return edit;
  const lines = await datasets.fixText(source, codes, signal);
  if (document.version !== version) return edit;
  const edits = mergeRemoved(lines, document).map(({ range, text }) => vscode.TextEdit.replace(range, text));
  if (document.eol === vscode.EndOfLine.CRLF && (codes === null || codes.includes('crlf'))) {
    edits.push(vscode.TextEdit.setEndOfLine(vscode.EndOfLine.LF));
  }
  if (edits.length > 0) edit.set(document.uri, edits);
  return edit;
}

function mergeRemoved(
  lines: readonly { readonly line: number; readonly text: string | null }[],
  document: vscode.TextDocument,
): readonly { readonly range: vscode.Range; readonly text: string }[] {
  const removed = new Set(lines.filter(({ text }) => text === null).map(({ line }) => line));
  // Lines removed up to the end of the document take the ending before them along: ranges must not overlap.
  let tail = document.lineCount + 1;
  while (removed.has(tail - 1)) tail -= 1;
  const result = lines
    .filter(({ line }) => line < tail)
    .map(({ line, text }) =>
      text === null
        ? { range: document.lineAt(line - 1).rangeIncludingLineBreak, text: '' }
        : { range: document.lineAt(line - 1).range, text },
    );
  if (tail <= document.lineCount) {
    const start = tail === 1 ? new vscode.Position(0, 0) : document.lineAt(tail - 2).range.end;
    result.push({ range: new vscode.Range(start, document.lineAt(document.lineCount - 1).range.end), text: '' });
  }
  return result;
}
