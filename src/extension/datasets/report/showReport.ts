import path from 'node:path';
import * as vscode from 'vscode';
import { chooseOne } from '../commands/chooseFiles.ts';
import { chooseDatasets, offerToSave } from '../files.ts';
import type { Services } from '../../services.ts';

/** Opens the report of a dataset, compared with a second one when two files are selected. Allowed in Restricted Mode. */
export async function showReport(
  { panels, ui }: Pick<Services, 'panels' | 'ui'>,
  args: readonly unknown[],
): Promise<void> {
  const { training, validation } = await chooseDatasets(ui, orActive(args));
  await offerToSave(ui, [training, validation]);
  await panels.openReport(path.resolve(training), validation === null ? null : path.resolve(validation));
}

/** Opens the report of a dataset at its suspicious answers, and looks for them. Allowed in Restricted Mode. */
export async function findSuspiciousAnswers(
  { panels, ui }: Pick<Services, 'panels' | 'ui'>,
  args: readonly unknown[],
): Promise<void> {
  await panels.openReport(path.resolve(await chooseOne(ui, orActive(args))), null, true);
}

/** Arguments of a command that was called on nothing are about the active tab. */
function orActive(args: readonly unknown[]): readonly unknown[] {
  const [clicked, selected] = args;
  const uri = clicked instanceof vscode.Uri ? clicked : activeDataset();
  return uri === undefined ? args : [uri, selected];
}

/** File of the active tab, also one that is too large to be a document. */
function activeDataset(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (!(input instanceof vscode.TabInputText)) return undefined;
  return /\.(?:jsonl|ndjson)$/i.test(input.uri.path) ? input.uri : undefined;
}
