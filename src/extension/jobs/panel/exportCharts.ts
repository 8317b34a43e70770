import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { FromCharts } from '../../../protocol/chartMessages.ts';
import { inert } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';

/** Writes the charts of a job to a file that the user chooses; nothing when the dialog was closed. `title`: of the job; `beside`: path of its dataset. */
export async function exportCharts(
  ui: Pick<Ui, 'saveDialog' | 'notify'>,
  title: string,
  beside: string | null,
  { format, data }: Extract<FromCharts, { type: 'exportCharts' }>,
): Promise<void> {
  const folder = beside === null ? (vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '') : path.dirname(beside);
  const target = await ui.saveDialog({
    defaultUri: vscode.Uri.file(path.join(folder, `${fileName(title)}.${format}`)),
    filters: { [t('Charts')]: [format] },
    title: t('Export Charts'),
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(data, format === 'png' ? 'base64' : 'utf8'));
  const open = t('Open');
  const choice = await ui.notify('information', inert(t('{0} is written.', path.basename(target.fsPath))), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.open', target);
}

/** The title without characters that a file system could refuse or take for a folder. */
function fileName(title: string): string {
  const name = title
    .replace(/[^\p{L}\p{N}._ -]+/gu, '-')
    .replace(/^[.\s-]+|[.\s-]+$/g, '')
    .slice(0, 80);
  return name === '' ? 'charts' : `${name}-charts`;
}
