// Commands that compare the rows of a dataset, or of two; what they find stands in the Problems view.
import path from 'node:path';
import * as vscode from 'vscode';
import { isTestName, isValidationName } from '../../core/dataset/fileNames.ts';
import type { DatasetCheck } from '../../protocol/datasetWorker.ts';
import { chooseDatasets, offerToSave } from '../datasetFiles.ts';
import { Cancelled, inert, ProblemError } from '../errors.ts';
import { withCancel } from '../progress.ts';
import type { Services } from '../services.ts';
import { count } from '../wizard/tuningPlan.ts';
import { besides, chooseOne, chooseOther, tellWritten } from './chooseFiles.ts';
import { FIX_ALL } from './codeActions.ts';
import { isForTraining, LIVE_UNITS } from './datasetDocuments.ts';
import type { DatasetDiagnostics } from './diagnostics.ts';
import { SHOWN_FINDINGS } from './documentChecks.ts';

export interface RelationServices extends Pick<Services, 'datasets'> {
  readonly diagnostics: DatasetDiagnostics;
}

const SHOW = 'Show Problems';

async function tellFound(sentence: string, ...buttons: string[]): Promise<string | undefined> {
  const choice = await vscode.window.showInformationMessage(inert(sentence), ...buttons, SHOW);
  if (choice === SHOW) await vscode.commands.executeCommand('workbench.actions.view.problems');
  return choice;
}

const rowsOf = (number: number): string => `${count(number)} ${number === 1 ? 'row' : 'rows'}`;

/** Every rule on a file of any size, also one that the editor does not open. */
export async function checkDataset(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(args);
  const name = path.basename(file);
  const uri = vscode.Uri.file(file);
  const check: DatasetCheck = await withCancel(`Checking ${name}…`, (signal) =>
    services.datasets.check(
      { path: file },
      { disk: null, forTraining: isForTraining(uri), limit: SHOWN_FINDINGS },
      signal,
    ),
  );
  // An open document shows its own problems already.
  if (!isOpen(uri)) services.diagnostics.setFound(uri, check);
  if (check.findingCount === 0) {
    void vscode.window.showInformationMessage(inert(`${name}: ${count(check.examples)} examples, no problems.`));
    return;
  }
  const rest = check.findingCount - check.errorCount;
  const parts = [
    ...(check.errorCount > 0 ? [`${count(check.errorCount)} ${check.errorCount === 1 ? 'error' : 'errors'}`] : []),
    ...(rest > 0 ? [`${count(rest)} other ${rest === 1 ? 'problem' : 'problems'}`] : []),
  ];
  void tellFound(`${name}: ${count(check.examples)} examples, ${parts.join(' and ')}.`);
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
}

/** In the editor, where it can be undone; a file too large for that is written anew beside the old one. */
export async function fixAll(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const clicked = args[0] instanceof vscode.Uri ? args[0] : vscode.window.activeTextEditor?.document.uri;
  if (clicked !== undefined && (await isSmall(clicked))) {
    const document = await vscode.workspace.openTextDocument(clicked);
    await vscode.window.showTextDocument(document);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      clicked,
      new vscode.Range(0, 0, 0, 0),
      FIX_ALL.value,
    );
    if (actions.length === 0) {
      void vscode.window.showInformationMessage('There is nothing that can be mended without a decision.');
      return;
    }
    await vscode.commands.executeCommand('editor.action.sourceAction', { kind: FIX_ALL.value, apply: 'first' });
    return;
  }
  const file = await chooseOne(args);
  const [target = file] = await besides(file, ['fixed']);
  const lines = await withCancel(`Fixing ${path.basename(file)}…`, (signal) =>
    services.datasets.fixFile(file, target, null, signal),
  );
  tellWritten(inert(`Written: ${path.basename(target)}, with ${count(lines)} lines mended.`), target);
}

async function isSmall(uri: vscode.Uri): Promise<boolean> {
  if (isOpen(uri)) return true;
  const found = await vscode.workspace.fs.stat(uri).then(
    ({ size }) => size,
    () => Infinity,
  );
  return found <= LIVE_UNITS;
}

export async function removeDuplicates(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(args);
  const name = path.basename(file);
  const report = await withCancel(`Looking for duplicates in ${name}…`, (signal) =>
    services.datasets.findDuplicates(file, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(file), report);
  if (report.findingCount === 0) {
    void vscode.window.showInformationMessage(inert(`${name} has no duplicates.`));
    return;
  }
  const exact = { label: `Leave out ${rowsOf(report.exact.length)} said before word for word`, lines: report.exact };
  const near = {
    label: `Leave out these and ${rowsOf(report.near.length)} nearly the same as an earlier one`,
    lines: [...report.exact, ...report.near],
  };
  const look = { label: 'Only show them', lines: null };
  const choice = await vscode.window.showQuickPick(
    [...(report.exact.length > 0 ? [exact] : []), ...(report.near.length > 0 ? [near] : []), look],
    {
      title: `Duplicates in ${name}`,
      placeHolder: `${count(report.examples)} rows; what is left is written to a new file`,
      ignoreFocusOut: true,
    },
  );
  if (!choice) throw new Cancelled();
  if (choice.lines === null) {
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    return;
  }
  const { lines } = choice;
  const [target = file] = await besides(file, ['unique']);
  const { kept } = await withCancel(`Writing ${path.basename(target)}…`, (signal) =>
    services.datasets.removeLines(file, target, lines, report, signal),
  );
  tellWritten(inert(`Written: ${path.basename(target)} (${rowsOf(kept)}, ${count(lines.length)} left out).`), target);
}

export async function findContradictions(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(args);
  const name = path.basename(file);
  const report = await withCancel(`Looking for contradictions in ${name}…`, (signal) =>
    services.datasets.findContradictions(file, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(file), report);
  if (report.findingCount === 0) {
    void vscode.window.showInformationMessage(inert(`${name} has no prompt with different answers.`));
    return;
  }
  const prompts = report.prompts === 1 ? 'One prompt' : `${count(report.prompts)} prompts`;
  void tellFound(
    `${prompts} in ${name} ${report.prompts === 1 ? 'has' : 'have'} different answers, on ${rowsOf(report.findingCount)}.`,
  );
}

/** Which rows of the file to test with the training file gives away; one button makes two files that do not. */
export async function findLeakage(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const { training, held } = await choosePair(args);
  const [name, other] = [path.basename(held), path.basename(training)];
  const report = await withCancel(`Comparing ${name} with ${other}…`, (signal) =>
    services.datasets.findLeakage(held, training, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(held), report);
  if (report.findingCount === 0) {
    void vscode.window.showInformationMessage(inert(`No row of ${name} is in ${other}, and none nearly.`));
    return;
  }
  const parts = [
    ...(report.exact > 0 ? [`${count(report.exact)} word for word`] : []),
    ...(report.prompt > 0 ? [`${count(report.prompt)} with another answer`] : []),
    ...(report.near > 0 ? [`${count(report.near)} nearly the same`] : []),
  ];
  const CLEAN = 'Make a Clean Split';
  const sentence = `${rowsOf(report.findingCount)} of ${name} ${report.findingCount === 1 ? 'is' : 'are'} in ${other} too: ${parts.join(', ')}.`;
  if ((await tellFound(sentence, CLEAN)) !== CLEAN) return;
  const [cleanTraining = training] = await besides(training, ['clean']);
  const [cleanHeld = held] = await besides(held, ['clean']);
  const result = await withCancel('Splitting anew…', (signal) =>
    services.datasets.cleanSplit(
      { training, validation: held },
      { training: cleanTraining, validation: cleanHeld },
      0,
      signal,
    ),
  );
  const removed = result.removed > 0 ? `, ${rowsOf(result.removed)} said twice left out` : '';
  tellWritten(
    inert(
      `Written: ${path.basename(cleanTraining)} (${count(result.training)}) and ${path.basename(cleanHeld)} (${count(result.validation)})${removed}.`,
    ),
    cleanHeld,
  );
}

/** Two files of the Explorer, or one and the other asked for; which is which is told by their names. */
async function choosePair(args: readonly unknown[]): Promise<{ readonly training: string; readonly held: string }> {
  const chosen = await chooseDatasets(args);
  const first = chosen.training;
  const second =
    chosen.validation ??
    (await chooseOther(first, 'Find Leakage Between Files', `The file to compare ${path.basename(first)} with`));
  if (first === second) {
    throw new ProblemError({
      code: 'same-file',
      message: 'Both files are the same one.',
      action: 'Choose another file to compare with.',
    });
  }
  await offerToSave([first, second]);
  const isHeld = (file: string): boolean => isTestName(file) || isValidationName(file);
  return isHeld(first) && !isHeld(second) ? { training: second, held: first } : { training: first, held: second };
}
