import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { judgeSliced } from '../../../evals/judgeSliced.ts';
import { portableLines } from '../../../evals/portableRun.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import type { FromEvaluationPanel } from '../../../protocol/evaluationPanel.ts';
import { storageProblem } from '../../../storage/storageProblem.ts';
import { writeFileAtomic } from '../../../storage/atomicFile.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';
import { rowsAsCsv, rowsAsJsonl } from './rowsText.ts';

export type ExportFormat = 'csv' | 'jsonl' | 'markdown' | 'run';

/** Asks for the form of an export. */
export async function chooseFormat(ui: Pick<Ui, 'pick'>): Promise<ExportFormat> {
  const chosen = await ui.pick<vscode.QuickPickItem & { readonly format: ExportFormat }>(
    [
      {
        label: t('Report'),
        description: t('Markdown'),
        detail: t('What the run says, its tables, and its pictures as PNG files beside it'),
        format: 'markdown',
      },
      { label: t('Rows'), description: t('CSV'), detail: t('One line for each item and contestant'), format: 'csv' },
      {
        label: t('Rows with their prompts'),
        description: t('JSON lines'),
        detail: t('One object for each item and contestant, nothing cut'),
        format: 'jsonl',
      },
      {
        label: t('Run file'),
        description: t('JSON lines'),
        detail: t('All of it in one file that others can check with verify, without keys and folders of this machine'),
        format: 'run',
      },
    ],
    { title: t('Export Evaluation'), placeHolder: t('Form of the export') },
  );
  if (!chosen) throw new Cancelled();
  return chosen.format;
}

/** Writes the rows to a file that the user chooses. */
export async function exportRows(
  ui: Ui,
  run: Pick<EvaluationRun, 'config' | 'items' | 'row'>,
  format: 'csv' | 'jsonl',
): Promise<void> {
  const target = await chooseTarget(ui, run, format === 'csv' ? 'rows.csv' : 'rows.jsonl');
  const exported = { config: run.config, items: run.items, row: run.row.bind(run) };
  const text = await (format === 'csv' ? rowsAsCsv(exported) : rowsAsJsonl(exported));
  await writeWhole(target.fsPath, text);
  void offerToOpen(ui, target);
}

/** Lines written at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_LINES = 1000;

/** Writes the whole run to a file that the user chooses, which `verify` of the command line checks. */
export async function exportRunFile(
  ui: Ui,
  run: Pick<EvaluationRun, 'config' | 'contestants' | 'items' | 'rows' | 'status' | 'looks'>,
): Promise<void> {
  const target = await chooseTarget(ui, run, 'run.jsonl');
  // Rows that arrive meanwhile belong to a later export.
  const { items, status } = run;
  const rows = [...run.rows];
  const config = { ...run.config, contestants: run.contestants };
  const looks = new Map(config.contestants.map(({ id }) => [id, [...run.looks(id)]]));
  const judgment = await judgeSliced(config, items, rows, (id) => looks.get(id) ?? []);
  const parts: string[] = [];
  for (const line of portableLines({ config, items, rows, status, looks }, judgment)) {
    parts.push(line);
    if (parts.length % SLICE_LINES === 0) await new Promise(setImmediate);
  }
  await writeWhole(target.fsPath, parts.join(''));
  void offerToOpen(ui, target);
}

/** Writes the report of the page to a file that the user chooses, and its pictures beside it. */
export async function exportReport(
  ui: Ui,
  run: Pick<EvaluationRun, 'config'>,
  { markdown, pictures }: Extract<FromEvaluationPanel, { type: 'report' }>,
): Promise<void> {
  const target = await chooseTarget(ui, run, 'report.md');
  const folder = path.dirname(target.fsPath);
  // Pictures are named after the report, so that two reports of a folder keep theirs.
  const stem = path.basename(target.fsPath).replace(/\.md$/i, '');
  let text = markdown;
  for (const { name, png } of pictures) {
    const own = `${stem}.${name}`;
    text = text.replaceAll(`](${name})`, `](${encodeURI(own)})`);
    await writeWhole(path.join(folder, own), Buffer.from(png, 'base64'));
  }
  // The report last: where it is, its pictures are.
  await writeWhole(target.fsPath, text);
  void offerToOpen(ui, target);
}

/** Replaces a file whole or not at all. @throws ProblemError */
async function writeWhole(file: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(file, data);
  } catch (error) {
    const problem = storageProblem(error, path.dirname(file));
    throw problem ? new ProblemError(problem) : error;
  }
}

async function chooseTarget(ui: Ui, { config }: Pick<EvaluationRun, 'config'>, ending: string): Promise<vscode.Uri> {
  const proposed = config.testFile.path.replace(/\.[^./\\]*$/, '').concat(`.${ending}`);
  const extension = ending.split('.').at(-1) ?? '';
  const target = await ui.saveDialog({
    defaultUri: vscode.Uri.file(proposed),
    filters: { [t('Export')]: [extension] },
    title: t('Export Evaluation'),
  });
  if (!target) throw new Cancelled();
  return target;
}

async function offerToOpen(ui: Pick<Ui, 'notify'>, target: vscode.Uri): Promise<void> {
  const open = t('Open');
  const choice = await ui.notify('information', inert(t('{0} is written.', path.basename(target.fsPath))), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.open', target);
}
