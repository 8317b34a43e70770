// Commands that compare the rows of a dataset, or of two; what they find stands in the Problems view.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { isTestName, isValidationName } from '../../../core/dataset/fileNames.ts';
import type { DatasetCheck } from '../../../protocol/datasetWorker.ts';
import { chooseDatasets, offerToSave, toPath } from '../files.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import type { Services } from '../../services.ts';
import { count } from '../../../core/base/numbers.ts';
import { besides, chooseOne, chooseOther, tellWritten } from './chooseFiles.ts';
import { makeCleanSplit, rowsOf } from './cleanSplit.ts';
import { FIX_ALL } from '../editor/codeActions.ts';
import { isForTraining, LIVE_UNITS, whyUnchecked } from '../editor/datasetDocuments.ts';
import type { DatasetDiagnostics } from '../editor/diagnostics.ts';
import { SHOWN_FINDINGS, type DocumentChecks } from '../editor/documentChecks.ts';
import { stampOf } from '../editor/foundProblems.ts';
import { chooseGrader, type GraderChoices } from './graderChoices.ts';
import type { Ui } from '../../ui/ui.ts';

export interface RelationServices extends Pick<Services, 'datasets' | 'ui'> {
  readonly diagnostics: DatasetDiagnostics;
  readonly checks: DocumentChecks;
  readonly graders: GraderChoices;
}

const SHOW = 'Show Problems';
const NOTHING_TO_MEND = 'There is nothing that can be mended without a decision.';

async function tellFound(ui: Ui, sentence: string, ...buttons: string[]): Promise<string | undefined> {
  const choice = await ui.notify('information', inert(sentence), ...buttons, SHOW);
  if (choice === SHOW) await vscode.commands.executeCommand('workbench.actions.view.problems');
  return choice;
}

/** Every rule on a file of any size, also one that the editor does not open. */
export async function checkDataset(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(services.ui, args);
  const name = path.basename(file);
  const uri = vscode.Uri.file(file);
  const check = await checkFile(services, uri, `Checking ${name}…`);
  const examples = `${count(check.examples)} ${check.examples === 1 ? 'example' : 'examples'}`;
  if (check.findingCount === 0) {
    void services.ui.notify('information', inert(`${name}: ${examples}, no problems.`));
    return;
  }
  const rest = check.findingCount - check.errorCount;
  const parts = [
    ...(check.errorCount > 0 ? [`${count(check.errorCount)} ${check.errorCount === 1 ? 'error' : 'errors'}`] : []),
    ...(rest > 0 ? [`${count(rest)} other ${rest === 1 ? 'problem' : 'problems'}`] : []),
  ];
  void tellFound(services.ui, `${name}: ${examples}, ${parts.join(' and ')}.`);
}

/** By the rules; an open document shows its own problems already. */
async function checkFile(
  { datasets, diagnostics, graders, ui }: RelationServices,
  uri: vscode.Uri,
  title: string,
  grader = graders.sourceFor(uri),
): Promise<DatasetCheck> {
  const file = uri.fsPath;
  const stamp = await stampOf(file);
  const options = { disk: null, forTraining: isForTraining(uri), limit: SHOWN_FINDINGS, grader };
  const check = await withCancel(ui, title, (signal) => datasets.check({ path: file }, options, signal));
  const used = check.grader === undefined ? [] : [await stampOf(check.grader.path)];
  if (!isOpen(uri)) diagnostics.setFound(uri, 'rules', check, [stamp, ...used]);
  return check;
}

/** Whether the rows have the fields that a grader reads; the grader is remembered for the file. */
export async function checkAgainstGrader(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const { graders, checks } = services;
  const file = await chooseOne(services.ui, args);
  const uri = vscode.Uri.file(file);
  const [name, present] = [path.basename(file), graders.get(uri)];
  const grader = await chooseGrader(services.ui, file, present);
  if (grader === null) {
    await graders.set(uri, null);
    checks.again(uri);
    void services.ui.notify(
      'information',
      inert(`${name} is not held against ${path.basename(present ?? 'a grader')} any more.`),
    );
    return;
  }
  const graderName = path.basename(grader);
  const check = await checkFile(services, uri, `Checking ${name} against ${graderName}…`, { file: grader });
  await graders.set(uri, grader);
  checks.again(uri);
  const fields = check.grader?.fields ?? [];
  if (fields.length === 0) {
    const text = `${graderName} reads no field of the rows ({{item.…}}), so they need none for it.`;
    void services.ui.notify('information', inert(text));
    return;
  }
  const lacking = check.findings.filter(({ code }) => code === 'grader-field-missing').length;
  const other = check.findingCount - lacking;
  const rest =
    other > 0 ? ` There ${other === 1 ? 'is one other problem' : `are ${count(other)} other problems`}.` : '';
  if (lacking === 0) {
    const text = `Every row of ${name} has what ${graderName} reads: ${fields.join(', ')}.`;
    if (other > 0) void tellFound(services.ui, text + rest);
    else void services.ui.notify('information', inert(text));
    return;
  }
  // Of more findings than are shown, it is only known that these are among them.
  const cut = check.findings.length < check.findingCount;
  const rows = cut ? `More than ${count(lacking - 1)} rows` : rowsOf(lacking);
  const verb = lacking === 1 && !cut ? 'lacks' : 'lack';
  void tellFound(
    services.ui,
    `${rows} of ${name} ${verb} what ${graderName} reads (${fields.join(', ')}).${cut ? '' : rest}`,
  );
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
}

/** In the editor, where it can be undone; a file too large for that is written anew beside the old one. */
export async function fixAll(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const clicked = args[0] instanceof vscode.Uri ? args[0] : vscode.window.activeTextEditor?.document.uri;
  if (clicked !== undefined && (await isSmall(clicked))) {
    const document = await vscode.workspace.openTextDocument(clicked);
    // Above the live limit it is mended as it is on disk.
    if (whyUnchecked(document) !== null) await offerToSave(services.ui, [toPath(clicked)]);
    await vscode.window.showTextDocument(document);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      clicked,
      new vscode.Range(0, 0, 0, 0),
      FIX_ALL.value,
    );
    if (actions.length === 0) {
      void services.ui.notify('information', NOTHING_TO_MEND);
      return;
    }
    await vscode.commands.executeCommand('editor.action.sourceAction', { kind: FIX_ALL.value, apply: 'first' });
    return;
  }
  const file = await chooseOne(services.ui, args);
  const [target = file] = await besides(file, ['fixed']);
  const lines = await withCancel(services.ui, `Fixing ${path.basename(file)}…`, (signal) =>
    services.datasets.fixFile(file, target, null, signal),
  );
  if (lines === 0) {
    // A copy without a difference helps nobody.
    await rm(target, { force: true });
    void services.ui.notify('information', NOTHING_TO_MEND);
    return;
  }
  tellWritten(
    services.ui,
    inert(`Written: ${path.basename(target)}, with ${count(lines)} ${lines === 1 ? 'line' : 'lines'} mended.`),
    target,
  );
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
  const file = await chooseOne(services.ui, args);
  const name = path.basename(file);
  const stamp = await stampOf(file);
  const report = await withCancel(services.ui, `Looking for duplicates in ${name}…`, (signal) =>
    services.datasets.findDuplicates(file, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(file), 'duplicates', report, [stamp]);
  if (report.findingCount === 0) {
    void services.ui.notify('information', inert(`${name} has no duplicates.`));
    return;
  }
  const exact = { label: `Leave out ${rowsOf(report.exact.length)} said before word for word`, lines: report.exact };
  const near = {
    label: `Leave out these and ${rowsOf(report.near.length)} nearly the same as an earlier one`,
    lines: [...report.exact, ...report.near],
  };
  const look = { label: 'Only show them', lines: null };
  const choice = await services.ui.pick(
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
  const { kept } = await withCancel(services.ui, `Writing ${path.basename(target)}…`, (signal) =>
    services.datasets.removeLines(file, target, lines, report, signal),
  );
  tellWritten(
    services.ui,
    inert(`Written: ${path.basename(target)} (${rowsOf(kept)}, ${count(lines.length)} left out).`),
    target,
  );
}

export async function findContradictions(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(services.ui, args);
  const name = path.basename(file);
  const stamp = await stampOf(file);
  const report = await withCancel(services.ui, `Looking for contradictions in ${name}…`, (signal) =>
    services.datasets.findContradictions(file, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(file), 'contradictions', report, [stamp]);
  if (report.findingCount === 0) {
    void services.ui.notify('information', inert(`${name} has no prompt with different answers.`));
    return;
  }
  const prompts = report.prompts === 1 ? 'One prompt' : `${count(report.prompts)} prompts`;
  void tellFound(
    services.ui,
    `${prompts} in ${name} ${report.prompts === 1 ? 'has' : 'have'} different answers, on ${rowsOf(report.findingCount)}.`,
  );
}

/**
 * Which rows of the file to test with the training file gives away; one button makes two files that do not. That the two
 * are written differently is told along with it: then their figures cannot be compared either.
 */
export async function findLeakage(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const { training, held } = await choosePair(services.ui, args);
  const [name, other] = [path.basename(held), path.basename(training)];
  const stamps = [await stampOf(held), await stampOf(training)];
  const [report, differences] = await withCancel(services.ui, `Comparing ${name} with ${other}…`, (signal) =>
    Promise.all([
      services.datasets.findLeakage(held, training, SHOWN_FINDINGS, signal),
      services.datasets.compareFormats(held, training, signal),
    ]),
  );
  const all = {
    findings: [...differences, ...report.findings],
    findingCount: differences.length + report.findingCount,
  };
  services.diagnostics.setFound(vscode.Uri.file(held), 'leakage', all, stamps);
  const [first] = differences;
  const difference = first === undefined ? '' : ` But the two are written differently: ${first.message}`;
  if (report.findingCount === 0) {
    const text = `No row of ${name} is in ${other}, and none nearly.`;
    if (first === undefined) void services.ui.notify('information', inert(text));
    else void tellFound(services.ui, text + difference);
    return;
  }
  const parts = [
    ...(report.exact > 0 ? [`${count(report.exact)} word for word`] : []),
    ...(report.prompt > 0 ? [`${count(report.prompt)} with another answer`] : []),
    ...(report.near > 0 ? [`${count(report.near)} nearly the same`] : []),
  ];
  const CLEAN = 'Make a Clean Split';
  const sentence = `${rowsOf(report.findingCount)} of ${name} ${report.findingCount === 1 ? 'is' : 'are'} in ${other} too: ${parts.join(', ')}.${difference.replace(' But', ' And')}`;
  if ((await tellFound(services.ui, sentence, CLEAN)) !== CLEAN) return;
  await makeCleanSplit(services, training, held);
}

/** Two files of the Explorer, or one and the other asked for; which is which is told by their names. */
async function choosePair(
  ui: Ui,
  args: readonly unknown[],
): Promise<{ readonly training: string; readonly held: string }> {
  const selected: readonly unknown[] = Array.isArray(args[1]) ? args[1] : [];
  if (selected.length > 2) {
    throw new ProblemError({
      code: 'too-many-files',
      message: `${String(selected.length)} files are selected; this compares two.`,
      action: 'Select two files.',
    });
  }
  const chosen = await chooseDatasets(ui, args, 'Choose a dataset to compare');
  const first = chosen.training;
  const second =
    chosen.validation ??
    (await chooseOther(ui, first, 'Find Leakage Between Files', `The file to compare ${path.basename(first)} with`));
  if (first === second) {
    throw new ProblemError({
      code: 'same-file',
      message: 'Both files are the same one.',
      action: 'Choose another file to compare with.',
    });
  }
  await offerToSave(ui, [first, second]);
  const isHeld = (file: string): boolean => isTestName(file) || isValidationName(file);
  return isHeld(first) && !isHeld(second) ? { training: second, held: first } : { training: first, held: second };
}
