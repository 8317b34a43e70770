import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import {
  DATASET_ENDINGS,
  datasetName,
  isDatasetName,
  isPartFolder,
  isValidationName,
  kinship,
} from '../../core/dataset/fileNames.ts';
import { Cancelled, ProblemError } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import type { Ui } from '../ui/ui.ts';

/** Argument of `convertDataset`: the file is a table, in spite of its name. */
export const TABLE = 'table';

/** Dataset files beside this one, those whose names fit best first; for `train/data.jsonl` also those in `validation/`. */
export async function siblings(file: string): Promise<readonly string[]> {
  const folder = path.dirname(file);
  const parent = path.dirname(folder);
  const others = isPartFolder(path.basename(folder)) ? await namesIn(parent, vscode.FileType.Directory) : [];
  const folders = [folder, ...others.filter(isPartFolder).map((name) => path.join(parent, name))];
  const found = await Promise.all(
    [...new Set(folders)].map(async (one) => {
      const names = await namesIn(one, vscode.FileType.File);
      return names.filter(isDatasetName).map((name) => path.join(one, name));
    }),
  );
  return found
    .flat()
    .filter((other) => other !== file)
    .sort((a, b) => kinship(file, b) - kinship(file, a) || a.localeCompare(b));
}

/** Names in a folder; none when it cannot be read. */
async function namesIn(folder: string, type: vscode.FileType): Promise<readonly string[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(vscode.Uri.file(folder));
    return entries.filter(([, found]) => (found & type) !== 0).map(([name]) => name);
  } catch {
    return [];
  }
}

/** Name of a dataset, taken from the file or from a folder of the workspace around it. */
export function nameOfDataset(file: string): string {
  return datasetName(file, vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file))?.uri.fsPath);
}

export interface ChosenDatasets {
  readonly training: string;
  readonly validation: string | null;
}

/** Files that the command was called on: one or two files of the Explorer, the editor's file, or a file asked for. */
export async function chooseDatasets(
  ui: Ui,
  args: readonly unknown[],
  title = t('Choose the training file'),
): Promise<ChosenDatasets> {
  const selected = Array.isArray(args[1])
    ? args[1].filter((item): item is vscode.Uri => item instanceof vscode.Uri)
    : [];
  const clicked = args[0] instanceof vscode.Uri ? args[0] : undefined;
  // Clicking outside of a selection means the clicked file alone.
  const uris =
    clicked && !selected.some((uri) => uri.toString() === clicked.toString())
      ? [clicked]
      : selected.length
        ? selected
        : [];
  if (uris.length > 2) {
    throw new ProblemError({
      code: 'too-many-files',
      message: t(
        '{0} files are selected, but a job takes a training file and at most one validation file.',
        uris.length,
      ),
      action: t('Select one or two files.'),
    });
  }
  const files = (uris.length > 0 ? uris : [await askForFile(ui, title)]).map(toPath);
  const [first, second] = files;
  if (first === undefined) throw new Cancelled();
  if (second === undefined) return { training: first, validation: null };
  return isValidationName(first) && !isValidationName(second)
    ? { training: second, validation: first }
    : { training: first, validation: second };
}

async function askForFile(ui: Ui, title: string): Promise<vscode.Uri> {
  const active = vscode.window.activeTextEditor?.document;
  // The dataset in front is meant, also when it has to be saved to a folder first.
  if (active !== undefined && (isDatasetName(active.uri.path) || active.languageId === 'jsonl')) return active.uri;
  const found = await findDatasets();
  const browse = { label: t('$(folder-opened) Browse…'), alwaysShow: true };
  const choice = await ui.pick<vscode.QuickPickItem & { uri?: vscode.Uri }>(
    [
      ...found.map((uri) => ({
        label: plainText(path.basename(uri.path)),
        description: plainText(vscode.workspace.asRelativePath(uri)),
        uri,
      })),
      browse,
    ],
    {
      title,
      placeHolder: t('A .jsonl or .ndjson file with one example per line'),
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!choice) throw new Cancelled();
  return choice.uri ?? (await browseForFile(ui, title));
}

export async function browseForFile(ui: Ui, title: string): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await ui.openDialog({
    title,
    canSelectMany: false,
    filters: { [t('Datasets')]: [...DATASET_ENDINGS] },
    ...(folder ? { defaultUri: folder } : {}),
  });
  const uri = picked?.[0];
  if (!uri) throw new Cancelled();
  return uri;
}

/** Datasets of the workspace that are files on disk, at most 200. */
export async function findDatasets(): Promise<readonly vscode.Uri[]> {
  const pattern = `**/*.{${DATASET_ENDINGS.join(',')}}`;
  const found = await vscode.workspace.findFiles(pattern, '**/{node_modules,.git}/**', 200);
  // Folders of a workspace may be virtual, one by one.
  return found.filter(({ scheme }) => scheme === 'file').sort((a, b) => a.path.localeCompare(b.path));
}

export function toPath(uri: vscode.Uri): string {
  if (uri.scheme === 'file') return uri.fsPath;
  const name = path.posix.basename(uri.path);
  const isOpen = vscode.window.activeTextEditor?.document.uri.toString() === uri.toString();
  throw new ProblemError(
    {
      code: 'not-on-disk',
      message:
        uri.scheme === 'untitled'
          ? t('{0} has not been saved yet, but this command reads the file on disk.', name)
          : t('{0} is in a virtual folder ({1}), but this command reads files on disk only.', name, uri.scheme),
      action: t('Save it to a folder on disk, and run the command on that file.'),
    },
    isOpen ? { title: t('Save As…'), command: 'workbench.action.files.saveAs' } : undefined,
  );
}

/** Offers to save changed editors, since the file on disk is read. */
export async function offerToSave(ui: Ui, files: readonly (string | null)[]): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty || document.uri.scheme !== 'file' || !files.includes(document.uri.fsPath)) continue;
    const name = path.basename(document.uri.fsPath);
    const choice = await ui.modal(
      t('{0} has unsaved changes, but the file on disk is used.', name),
      '',
      t('Save and Continue'),
    );
    if (choice === undefined) throw new Cancelled();
    if (!(await document.save())) {
      throw new ProblemError({
        code: 'not-saved',
        message: t('{0} could not be saved.', name),
        action: t('Save it yourself and start again.'),
      });
    }
  }
}

/** Folder of a file as the workspace names it; empty for its root. */
export function folderOf(file: string): string {
  const folder = path.dirname(vscode.workspace.asRelativePath(file));
  return folder === '.' ? '' : plainText(folder);
}
