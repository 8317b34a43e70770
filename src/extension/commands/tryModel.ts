import { basename } from 'node:path';
import * as vscode from 'vscode';
import { isTestName, kinship } from '../../core/dataset/fileNames.ts';
import { browseForFile, findDatasets, toPath } from '../datasetFiles.ts';
import { Cancelled } from '../errors.ts';
import type { Services } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { chooseTarget, targetOf } from '../wizard/chooseTarget.ts';

/** Opens the page in which one model is asked one thing; a fitting test file is offered at once. */
export async function tryModel(
  services: Pick<Services, 'jobs' | 'connections' | 'providers' | 'panels'>,
  args: readonly unknown[],
): Promise<void> {
  requireTrust('asking a model');
  const target = (await targetOf(services, args[0])) ?? (await chooseTarget(services, 'Try a Model'));
  const like = target.record?.local.name ?? '';
  services.panels.openTry(
    {
      connectionId: target.connection.id,
      connectionName: target.connection.name,
      model: target.model,
      answerPrefix: target.record?.local.answerPrefix ?? null,
    },
    () => chooseFile(like),
  );
}

async function chooseFile(like: string): Promise<string> {
  const score = (file: string): number => (isTestName(file) ? 4 : 0) + (like === '' ? 0 : 2 * kinship(like, file));
  const files = (await findDatasets()).map(toPath).sort((a, b) => score(b) - score(a) || a.localeCompare(b));
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem & { readonly file?: string }>(
    [
      ...files.map((file) => ({ label: basename(file), description: vscode.workspace.asRelativePath(file), file })),
      { label: '$(folder-opened) Browse…', alwaysShow: true },
    ],
    {
      title: 'Try a Model',
      placeHolder: 'A dataset whose lines are asked with their answers held back',
      ignoreFocusOut: true,
    },
  );
  if (!chosen) throw new Cancelled();
  return chosen.file ?? toPath(await browseForFile('Choose a dataset'));
}
