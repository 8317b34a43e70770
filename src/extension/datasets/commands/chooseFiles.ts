import path from 'node:path';
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { listOf, t, tn } from '../../../core/base/messages.ts';
import { kinship } from '../../../core/dataset/fileNames.ts';
import { browseForFile, chooseDatasets, findDatasets, offerToSave, toPath } from '../files.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Ui } from '../../ui/ui.ts';

/** One dataset that the command was called on, or asked for; saved. */
export async function chooseOne(ui: Ui, args: readonly unknown[]): Promise<string> {
  const selected: readonly unknown[] = Array.isArray(args[1]) ? args[1] : [];
  if (selected.length > 1) {
    throw new ProblemError({
      code: 'too-many-files',
      message: t('{0} files are selected, but this command takes one at a time.', selected.length),
      action: t('Select one file.'),
    });
  }
  const { training } = await chooseDatasets(ui, args, t('Choose a dataset'));
  await offerToSave(ui, [training]);
  return training;
}

/** Another dataset than `file`, those of the same subject first. */
export async function chooseOther(ui: Ui, file: string, title: string, placeHolder: string): Promise<string> {
  const others = (await findDatasets())
    .map(toPath)
    .filter((other) => other !== file)
    .sort((a, b) => kinship(file, b) - kinship(file, a) || a.localeCompare(b));
  const choice = await ui.pick<vscode.QuickPickItem & { readonly file?: string }>(
    [
      ...others.map((other) => ({
        label: plainText(path.basename(other)),
        description: plainText(vscode.workspace.asRelativePath(other)),
        file: other,
      })),
      { label: t('$(folder-opened) Browse…'), alwaysShow: true },
    ],
    { title, placeHolder, matchOnDescription: true, ignoreFocusOut: true },
  );
  if (!choice) throw new Cancelled();
  return choice.file ?? toPath(await browseForFile(ui, placeHolder));
}

/** `prices.jsonl` and `train` → `prices.train.jsonl` beside it; with a number when one is there already. */
export async function besides(file: string, words: readonly string[]): Promise<readonly string[]> {
  const stem = file.replace(/\.[^./\\]*$/, '');
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${String(number)}`;
    const names = words.map((word) => `${stem}.${word}${suffix}.jsonl`);
    const taken = await Promise.all(names.map((name) => exists(name)));
    if (!taken.includes(true)) return names;
  }
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

/** A number of rows in words. */
export function rowsText(rows: number): string {
  return tn(rows, '{0} row', '{0} rows');
}

/** One sentence that names new files with the numbers of their rows. */
export function createdText(files: readonly { readonly file: string; readonly rows: number }[]): string {
  return t('Created {0}.', listOf(files.map(({ file, rows }) => t('{0} ({1})', path.basename(file), rowsText(rows)))));
}

/** Tells about new files, with a button that opens `file`. Not awaited: the command is over. */
export function tellCreated(ui: Ui, sentence: string, file: string): void {
  const open = t('Open {0}', path.basename(file));
  void ui.notify('information', inert(sentence), open).then(async (choice) => {
    if (choice === open) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
  });
}

export async function askForNumber(
  ui: Ui,
  title: string,
  prompt: string,
  value: string,
  isRight: (value: number) => string | null,
): Promise<number> {
  const text = await ui.input({
    title,
    prompt,
    value,
    ignoreFocusOut: true,
    validateInput: (input) => (/^\d{1,10}$/.test(input.trim()) ? isRight(Number(input)) : t('Enter a whole number.')),
  });
  if (text === undefined) throw new Cancelled();
  return Number(text);
}
