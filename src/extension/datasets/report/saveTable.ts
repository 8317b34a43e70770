import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { writeFileAtomic } from '../../../storage/atomicFile.ts';
import { inert, ProblemError } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';

/** Asks where to save a table (CSV), proposes `name.kind.csv` beside the dataset, writes it there and offers to open it. */
export async function saveTable(
  ui: Ui,
  file: string,
  { title, kind, text }: { readonly title: string; readonly kind: string; readonly text: string },
): Promise<void> {
  const proposed = file.replace(/\.[^./\\]*$/, '').concat(`.${kind}.csv`);
  const target = await ui.saveDialog({
    title,
    defaultUri: vscode.Uri.file(proposed),
    filters: { [t('Comma-separated values')]: ['csv'] },
  });
  if (target === undefined) return;
  const name = path.posix.basename(target.path);
  try {
    if (target.scheme === 'file') await writeFileAtomic(target.fsPath, text);
    else await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  } catch (error) {
    throw new ProblemError({
      code: 'cannot-write',
      message:
        error instanceof Error
          ? t('{0} could not be written: {1}.', name, error.message)
          : t('{0} could not be written.', name),
      action: t('Choose another place, or free some disk space.'),
    });
  }
  const open = t('Open');
  const choice = await ui.notify('information', inert(t('Saved {0}.', name)), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.open', target);
}
