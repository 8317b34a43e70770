import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { isTestName, kinship } from '../../../core/dataset/fileNames.ts';
import { browseForFile, findDatasets, toPath } from '../../datasets/files.ts';
import { Cancelled } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Ui } from '../../ui/ui.ts';

/** The dataset that a user most likely wants to pick lines from: a test file of a name like this one; null when none is like it. */
export async function likelyTestFile(like: string): Promise<string | null> {
  const files = (await findDatasets()).map(toPath).filter(isTestName);
  const [best] = files.sort((a, b) => kinship(like, b) - kinship(like, a) || a.localeCompare(b));
  return best !== undefined && (files.length === 1 || (like !== '' && kinship(like, best) > 0)) ? best : null;
}

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
