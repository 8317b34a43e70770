import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { isCurveName } from '../../core/training/curves/curveNames.ts';
import { toPath } from '../datasets/files.ts';
import type { Services } from '../services.ts';
import { Cancelled } from '../ui/errors.ts';

/** Opens files as loss curves: those that were selected, else the open one, else those that the user chooses. Allowed in Restricted Mode. */
export async function openCurve(
  { panels, ui }: Pick<Services, 'panels' | 'ui'>,
  args: readonly unknown[],
): Promise<void> {
  const [clicked, selected] = args;
  const chosen =
    Array.isArray(selected) && selected.length > 0
      ? selected.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri)
      : clicked instanceof vscode.Uri
        ? [clicked]
        : (activeCurve() ?? (await ask(ui)));
  const paths = [...new Set(chosen.map((uri) => path.resolve(toPath(uri))))];
  await panels.openCurve(paths);
}

/** File of the active tab, where it may be a curve. */
function activeCurve(): readonly vscode.Uri[] | null {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputText && isCurveName(input.uri.path) ? [input.uri] : null;
}

async function ask(ui: Services['ui']): Promise<readonly vscode.Uri[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await ui.openDialog({
    title: t('Open as Loss Curve'),
    canSelectMany: true,
    filters: { [t('Curves')]: ['csv', 'json'] },
    ...(folder ? { defaultUri: folder } : {}),
  });
  if (!picked || picked.length === 0) throw new Cancelled();
  return picked;
}
