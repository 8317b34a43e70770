// Commands that compare the rows of a dataset, or of two; the Problems view shows their findings.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { listOf, t, tn } from '../../../core/base/messages.ts';
import { isTestName, isValidationName } from '../../../core/dataset/fileNames.ts';
import type { DatasetCheck } from '../../../protocol/datasetWorker.ts';
import { chooseDatasets, offerToSave, toPath } from '../files.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import type { Services } from '../../services.ts';
import { besides, chooseOne, chooseOther, createdText, tellCreated } from './chooseFiles.ts';
import { makeCleanSplit } from './cleanSplit.ts';
import { FIX_ALL } from '../editor/fixIds.ts';
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

async function tellFound(ui: Ui, sentence: string, ...buttons: string[]): Promise<string | undefined> {
  const show = t('Show Problems');
  const choice = await ui.notify('information', inert(sentence), ...buttons, show);
  if (choice === show) await vscode.commands.executeCommand('workbench.actions.view.problems');
  return choice;
}

function tellNothingToFix(ui: Ui): void {
  void ui.notify('information', t('There is nothing to fix automatically.'));
}

/** Checks a file of any size by every rule, also one that the editor does not open. */
export async function checkDataset(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(services.ui, args);
  const name = path.basename(file);
  const uri = vscode.Uri.file(file);
  const check = await checkFile(services, uri, t('Checking {0}…', name));
  if (check.findingCount === 0) {
    const text = tn(check.examples, '{1}: {0} example, no problems.', '{1}: {0} examples, no problems.', name);
    void services.ui.notify('information', inert(text));
    return;
  }
  const errors = check.errorCount;
  const rest = check.findingCount - errors;
  const problems = [
    ...(errors > 0 ? [tn(errors, '{0} error', '{0} errors')] : []),
    ...(rest > 0 ? [tn(rest, '{0} other problem', '{0} other problems')] : []),
  ];
  void tellFound(
    services.ui,
    tn(check.examples, '{1}: {0} example, {2}.', '{1}: {0} examples, {2}.', name, listOf(problems)),
  );
}

/** Checks a file by the rules; an open document shows its own problems already. */
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

/** Checks that the rows have the fields that a grader reads; the grader is remembered for the file. */
export async function checkAgainstGrader(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const { graders, checks } = services;
  const file = await chooseOne(services.ui, args);
  const uri = vscode.Uri.file(file);
  const [name, present] = [path.basename(file), graders.get(uri)];
  const grader = await chooseGrader(services.ui, file, present);
  if (grader === null) {
    await graders.set(uri, null);
    checks.again(uri);
    const text =
      present === null
        ? t('{0} is no longer checked against a grader.', name)
        : t('{0} is no longer checked against {1}.', name, path.basename(present));
    void services.ui.notify('information', inert(text));
    return;
  }
  const graderName = path.basename(grader);
  const check = await checkFile(services, uri, t('Checking {0} against {1}…', name, graderName), { file: grader });
  await graders.set(uri, grader);
  checks.again(uri);
  const fields = check.grader?.fields ?? [];
  if (fields.length === 0) {
    const text = t('{0} reads no field of the rows ({{item.…}}), so they need none for it.', graderName);
    void services.ui.notify('information', inert(text));
    return;
  }
  const lacking = check.findings.filter(({ code }) => code === 'grader-field-missing').length;
  const other = check.findingCount - lacking;
  const rest = other > 0 ? [tn(other, 'There is {0} other problem.', 'There are {0} other problems.')] : [];
  const names = fields.join(', ');
  if (lacking === 0) {
    const text = t('Every row of {0} has the fields that {1} reads: {2}.', name, graderName, names);
    if (other > 0) void tellFound(services.ui, [text, ...rest].join(' '));
    else void services.ui.notify('information', inert(text));
    return;
  }
  // Among more findings than are sent, others may lack a field too.
  const cut = check.findings.length < check.findingCount;
  const text = cut
    ? tn(
        lacking,
        'At least {0} row of {1} lacks a field that {2} reads ({3}).',
        'At least {0} rows of {1} lack a field that {2} reads ({3}).',
        name,
        graderName,
        names,
      )
    : tn(
        lacking,
        '{0} row of {1} lacks a field that {2} reads ({3}).',
        '{0} rows of {1} lack a field that {2} reads ({3}).',
        name,
        graderName,
        names,
      );
  void tellFound(services.ui, [text, ...(cut ? [] : rest)].join(' '));
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
}

/** Fixes in the editor, where it can be undone; of a file too large for that, writes a fixed copy beside it. */
export async function fixAll(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const clicked = args[0] instanceof vscode.Uri ? args[0] : vscode.window.activeTextEditor?.document.uri;
  if (clicked !== undefined && (await isSmall(clicked))) {
    const document = await vscode.workspace.openTextDocument(clicked);
    // Above the live limit the text on disk is fixed.
    if (whyUnchecked(document) !== null) await offerToSave(services.ui, [toPath(clicked)]);
    await vscode.window.showTextDocument(document);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      clicked,
      new vscode.Range(0, 0, 0, 0),
      FIX_ALL.value,
    );
    if (actions.length === 0) {
      tellNothingToFix(services.ui);
      return;
    }
    await vscode.commands.executeCommand('editor.action.sourceAction', { kind: FIX_ALL.value, apply: 'first' });
    return;
  }
  const file = await chooseOne(services.ui, args);
  const [target = file] = await besides(file, ['fixed']);
  const lines = await withCancel(services.ui, t('Fixing {0}…', path.basename(file)), (signal) =>
    services.datasets.fixFile(file, target, null, signal),
  );
  if (lines === 0) {
    // A copy without a difference has no use.
    await rm(target, { force: true });
    tellNothingToFix(services.ui);
    return;
  }
  const name = path.basename(target);
  tellCreated(
    services.ui,
    tn(lines, 'Created {1}, with {0} line fixed.', 'Created {1}, with {0} lines fixed.', name),
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
  const report = await withCancel(services.ui, t('Looking for duplicates in {0}…', name), (signal) =>
    services.datasets.findDuplicates(file, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(file), 'duplicates', report, [stamp]);
  if (report.findingCount === 0) {
    void services.ui.notify('information', inert(t('{0} has no duplicates.', name)));
    return;
  }
  const exact = {
    label: tn(
      report.exact.length,
      'Leave out {0} row that repeats an earlier one word for word',
      'Leave out {0} rows that repeat an earlier one word for word',
    ),
    lines: report.exact,
  };
  const near = {
    label:
      report.exact.length > 0
        ? tn(
            report.near.length,
            'Leave out these and {0} row that is nearly the same as an earlier one',
            'Leave out these and {0} rows that are nearly the same as an earlier one',
          )
        : tn(
            report.near.length,
            'Leave out {0} row that is nearly the same as an earlier one',
            'Leave out {0} rows that are nearly the same as an earlier one',
          ),
    lines: [...report.exact, ...report.near],
  };
  const look = { label: t('Only show them'), lines: null };
  const choice = await services.ui.pick(
    [...(report.exact.length > 0 ? [exact] : []), ...(report.near.length > 0 ? [near] : []), look],
    {
      title: t('Duplicates in {0}', name),
      placeHolder: tn(
        report.examples,
        '{0} row; the remaining rows are written to a new file',
        '{0} rows; the remaining rows are written to a new file',
      ),
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
  const { kept } = await withCancel(services.ui, t('Writing {0}…', path.basename(target)), (signal) =>
    services.datasets.removeLines(file, target, lines, report, signal),
  );
  const leftOut = tn(lines.length, '{0} row was left out.', '{0} rows were left out.');
  tellCreated(services.ui, `${createdText([{ file: target, rows: kept }])} ${leftOut}`, target);
}

export async function findContradictions(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(services.ui, args);
  const name = path.basename(file);
  const stamp = await stampOf(file);
  const report = await withCancel(services.ui, t('Looking for contradictions in {0}…', name), (signal) =>
    services.datasets.findContradictions(file, SHOWN_FINDINGS, signal),
  );
  services.diagnostics.setFound(vscode.Uri.file(file), 'contradictions', report, [stamp]);
  if (report.findingCount === 0) {
    void services.ui.notify('information', inert(t('{0} has no prompt with different answers.', name)));
    return;
  }
  void tellFound(
    services.ui,
    tn(
      report.prompts,
      '{0} prompt in {1} has different answers, on {2} rows.',
      '{0} prompts in {1} have different answers, on {2} rows.',
      name,
      report.findingCount,
    ),
  );
}

/**
 * Finds the rows of the test file that the training file gives away; one button makes two files that do not. A difference in the
 * format of the two is told along with it: then their figures cannot be compared either.
 */
export async function findLeakage(services: RelationServices, args: readonly unknown[]): Promise<void> {
  const { training, held } = await choosePair(services.ui, args);
  const [name, other] = [path.basename(held), path.basename(training)];
  const stamps = [await stampOf(held), await stampOf(training)];
  const [report, differences] = await withCancel(services.ui, t('Comparing {0} with {1}…', name, other), (signal) =>
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
  const difference = first === undefined ? [] : [t('The format of the two files differs: {0}', first.message)];
  if (report.findingCount === 0) {
    const text = t('No row of {0} is in {1}, exactly or nearly.', name, other);
    if (first === undefined) void services.ui.notify('information', inert(text));
    else void tellFound(services.ui, [text, ...difference].join(' '));
    return;
  }
  const parts = [
    ...(report.exact > 0 ? [t('{0} word for word', report.exact)] : []),
    ...(report.prompt > 0 ? [t('{0} with another answer', report.prompt)] : []),
    ...(report.near > 0 ? [t('{0} nearly the same', report.near)] : []),
  ];
  const clean = t('Make a Clean Split');
  const sentence = tn(
    report.findingCount,
    '{0} row of {1} is also in {2}: {3}.',
    '{0} rows of {1} are also in {2}: {3}.',
    name,
    other,
    listOf(parts),
  );
  if ((await tellFound(services.ui, [sentence, ...difference].join(' '), clean)) !== clean) return;
  await makeCleanSplit(services, training, held);
}

/** Two files of the Explorer, or one and the other asked for; their names tell which one is for training. */
async function choosePair(
  ui: Ui,
  args: readonly unknown[],
): Promise<{ readonly training: string; readonly held: string }> {
  const selected: readonly unknown[] = Array.isArray(args[1]) ? args[1] : [];
  if (selected.length > 2) {
    throw new ProblemError({
      code: 'too-many-files',
      message: t('{0} files are selected, but this command compares two.', selected.length),
      action: t('Select two files.'),
    });
  }
  const chosen = await chooseDatasets(ui, args, t('Choose a dataset to compare'));
  const first = chosen.training;
  const second =
    chosen.validation ??
    (await chooseOther(
      ui,
      first,
      t('Find Leakage Between Files'),
      t('Choose the file to compare {0} with', path.basename(first)),
    ));
  if (first === second) {
    throw new ProblemError({
      code: 'same-file',
      message: t('Both files are the same.'),
      action: t('Choose another file to compare with.'),
    });
  }
  await offerToSave(ui, [first, second]);
  const isHeld = (file: string): boolean => isTestName(file) || isValidationName(file);
  return isHeld(first) && !isHeld(second) ? { training: second, held: first } : { training: first, held: second };
}
