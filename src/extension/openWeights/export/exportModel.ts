import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { t, tn } from '../../../core/base/messages.ts';
import type { Exported } from '../../../openWeights/exportModel.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';
import { task } from '../shared.ts';
import { askForm, folderName, readyModel, writeExport, type ExportServices } from './writeExport.ts';

/** *Export Model…*: writes an open-weights model that was fine-tuned here into a new folder, in a form that is asked for. */
export async function exportModel(services: ExportServices, arg?: unknown): Promise<void> {
  const ready = await readyModel(services, arg, t('Export Model'));
  const form = await askForm(services.ui, t('Export Model'), ready, ['adapter', 'merged', 'ollama']);
  const parent = await askFolder(services.ui);
  const exported = await task(services, t('Exporting {0}', ready.chosen.label), (signal, report) =>
    writeExport(services, ready, { form, parent, name: folderName(ready.chosen.label, form) }, signal, report),
  );
  services.log.info(`Model ${ready.chosen.model} was exported as ${form}, ${String(exported.files.length)} files`);
  // Not awaited: the notification may stay open for days.
  void tell(services.ui, exported);
}

async function askFolder(ui: Pick<Ui, 'openDialog'>): Promise<string> {
  const [chosen] =
    (await ui.openDialog({
      title: t('Choose the Folder That Receives the Export'),
      openLabel: t('Export Here'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (!chosen) throw new Cancelled();
  if (chosen.scheme === 'file') return chosen.fsPath;
  throw new ProblemError({
    code: 'not-on-disk',
    message: t('The folder is not on the disk of the machine that trains.'),
    action: t('Choose a folder there.'),
  });
}

async function tell(ui: Pick<Ui, 'notify'>, { folder, files, warnings }: Exported): Promise<void> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const written = tn(
    files.length,
    '{1} was written: {0} file, {2}.',
    '{1} was written: {0} files, {2}.',
    path.basename(folder),
    bytesInWords(bytes),
  );
  const [card, reveal] = [t('Open Model Card'), t('Show in Folder')];
  const choice = await ui.notify(
    warnings.length === 0 ? 'information' : 'warning',
    inert([written, ...warnings].join(' ')),
    card,
    reveal,
  );
  const readme = vscode.Uri.file(path.join(folder, 'README.md'));
  if (choice === card) await vscode.commands.executeCommand('vscode.open', readme);
  if (choice === reveal) await vscode.commands.executeCommand('revealFileInOS', readme);
}
