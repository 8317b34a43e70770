import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import type { FromEvaluationPanel } from '../../../protocol/evaluationPanel.ts';
import { Cancelled, inert } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';
import { rowsAsCsv, rowsAsJsonl } from './rowsText.ts';

export type ExportFormat = 'csv' | 'jsonl' | 'markdown';

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
  await vscode.workspace.fs.writeFile(target, Buffer.from(text));
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
    await vscode.workspace.fs.writeFile(vscode.Uri.file(path.join(folder, own)), Buffer.from(png, 'base64'));
  }
  await vscode.workspace.fs.writeFile(target, Buffer.from(text));
  void offerToOpen(ui, target);
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
