import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { isTestName, kinship } from '../../../core/dataset/fileNames.ts';
import { browseForFile, findDatasets, toPath } from '../../datasets/files.ts';
import { Cancelled } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Ui } from '../../ui/ui.ts';

/** Asks for a dataset to pick lines from; test files of a name like this come first. */
export async function chooseTestFile(ui: Ui, like: string): Promise<string> {
  const score = (file: string): number => (isTestName(file) ? 4 : 0) + (like === '' ? 0 : 2 * kinship(like, file));
  const files = (await findDatasets()).map(toPath).sort((a, b) => score(b) - score(a) || a.localeCompare(b));
  const chosen = await ui.pick<vscode.QuickPickItem & { readonly file?: string }>(
    [
      ...files.map((file) => ({
        label: plainText(path.basename(file)),
        description: plainText(vscode.workspace.asRelativePath(file)),
        file,
      })),
      { label: t('$(folder-opened) Browse…'), alwaysShow: true },
    ],
    {
      title: t('Try a Model'),
      placeHolder: t('A dataset whose lines are sent without their answers'),
      ignoreFocusOut: true,
    },
  );
  if (!chosen) throw new Cancelled();
  return chosen.file ?? toPath(await browseForFile(ui, t('Choose a dataset')));
}
