import path from 'node:path';
import * as vscode from 'vscode';
import { chooseDatasets, offerToSave } from '../files.ts';
import type { Services } from '../../services.ts';

/** Opens the report of a dataset, compared with a second one when two files are selected. Allowed in Restricted Mode. */
export async function showReport(
  { panels, ui }: Pick<Services, 'panels' | 'ui'>,
  args: readonly unknown[],
): Promise<void> {
  const [clicked, selected] = args;
  const uri = clicked instanceof vscode.Uri ? clicked : activeDataset();
  const { training, validation } = await chooseDatasets(ui, uri === undefined ? args : [uri, selected]);
  await offerToSave(ui, [training, validation]);
  await panels.openReport(path.resolve(training), validation === null ? null : path.resolve(validation));
}

/** File of the active tab, also one that is too large to be a document. */
function activeDataset(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (!(input instanceof vscode.TabInputText)) return undefined;
  return /\.(?:jsonl|ndjson)$/i.test(input.uri.path) ? input.uri : undefined;
}
