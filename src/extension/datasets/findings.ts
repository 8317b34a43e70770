import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../core/base/messages.ts';
import type { Finding } from '../../core/dataset/finding.ts';
import type { DatasetSummary } from '../../protocol/datasetWorker.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

/** `Line 17 of prices.jsonl: …`, or `prices.jsonl: …` for a finding about the whole file. */
function findingSentence(file: string, finding: Finding): string {
  const name = path.basename(file);
  return finding.line > 0
    ? t('Line {0} of {1}: {2}', finding.line, name, finding.message)
    : t('{0}: {1}', name, finding.message);
}

/** Ends the start before anything is uploaded when there are errors: names the first one, with a button to its line. */
export async function refuseErrors(
  ui: Ui,
  file: string,
  summary: DatasetSummary,
  tolerated: readonly string[] = [],
): Promise<void> {
  const errors = summary.findings.filter((finding) => finding.severity === 'error');
  const grave = errors.filter((finding) => !tolerated.includes(finding.code));
  const first = grave[0];
  if (!first) return;
  const more = summary.errorCount - (errors.length - grave.length) - 1;
  const rest = more > 0 ? [tn(more, 'There is {0} more error.', 'There are {0} more errors.')] : [];
  const message = inert([findingSentence(file, first), ...rest].join(' '));
  if (first.line === 0) throw new ProblemError({ code: first.code, message, action: first.action });
  const open = t('Go to Line {0}', first.line);
  const choice = await ui.notify('error', inert(`${message} ${first.action}`), open);
  if (choice === open) await openLine(file, first.line, first.column, first.endColumn);
  throw new Cancelled();
}

/** Larger files are opened by the editor, after a question, but not handed to extensions. */
const SHOWN_BYTES = 50 * 1024 * 1024;

/** Shows a line of a file of any size. */
export async function openLine(file: string, line: number, column = 0, endColumn = 0): Promise<void> {
  const start = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  const end = endColumn > column ? new vscode.Position(start.line, endColumn - 1) : start;
  const uri = vscode.Uri.file(file);
  const options = { selection: new vscode.Range(start, end), preview: true };
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > SHOWN_BYTES) await vscode.commands.executeCommand('vscode.open', uri, options);
  else await vscode.window.showTextDocument(uri, options);
}
