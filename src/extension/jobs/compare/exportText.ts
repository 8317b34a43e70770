import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { inert } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';

/** Writes a text to a file that the user chooses; nothing when the dialog was closed. `filter`: name of the kind of file. */
export async function exportText(
  ui: Pick<Ui, 'saveDialog' | 'notify'>,
  file: { readonly name: string; readonly title: string; readonly filter: string; readonly text: string },
): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir();
  const target = await ui.saveDialog({
    defaultUri: vscode.Uri.file(path.join(folder, file.name)),
    filters: { [file.filter]: [path.extname(file.name).slice(1)] },
    title: file.title,
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(file.text, 'utf8'));
  const open = t('Open');
  const choice = await ui.notify('information', inert(t('{0} is written.', path.basename(target.fsPath))), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.open', target);
}
