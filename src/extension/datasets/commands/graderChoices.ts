import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { isGraderName, kinship } from '../../../core/dataset/fileNames.ts';
import type { GraderSource } from '../../../protocol/datasetWorker.ts';
import { Cancelled } from '../../ui/errors.ts';
import { toPath } from '../files.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Ui } from '../../ui/ui.ts';

const KEY = 'tuningFork.graders';
/** Choices kept, the latest ones. */
const MAX_KEPT = 200;
const MAX_LISTED = 500;

/** The grader chosen for each dataset, whose fields its rows must have; kept for the workspace. */
export class GraderChoices {
  private readonly memento: vscode.Memento;

  constructor(memento: vscode.Memento) {
    this.memento = memento;
  }

  get(uri: vscode.Uri): string | null {
    return this.all().find(([dataset]) => dataset === uri.toString())?.[1] ?? null;
  }

  async set(uri: vscode.Uri, grader: string | null): Promise<void> {
    const others = this.all().filter(([dataset]) => dataset !== uri.toString());
    const kept = grader === null ? others : [...others, [uri.toString(), grader] as const];
    await this.memento.update(KEY, kept.slice(-MAX_KEPT));
  }

  /** Source for the worker: the chosen grader, else the one beside the file. */
  sourceFor(uri: vscode.Uri): GraderSource | null {
    const chosen = this.get(uri);
    if (chosen !== null) return { file: chosen };
    return uri.scheme === 'file' ? { beside: uri.fsPath } : null;
  }

  private all(): readonly (readonly [string, string])[] {
    return this.memento.get<readonly (readonly [string, string])[]>(KEY, []);
  }
}

/** Asks for the grader of a dataset; null to stop using one. */
export async function chooseGrader(ui: Ui, dataset: string, present: string | null): Promise<string | null> {
  const title = t('Check {0} Against a Grader', path.basename(dataset));
  const found = (await vscode.workspace.findFiles('**/*.json', '**/{node_modules,.git}/**', MAX_LISTED))
    .filter(({ scheme }) => scheme === 'file')
    .map(({ fsPath }) => fsPath);
  const beside = (await readdir(path.dirname(dataset)).catch(() => []))
    .filter((name) => /\.json$/i.test(name))
    .map((name) => path.join(path.dirname(dataset), name));
  const listed = [...new Set([...(present === null ? [] : [present]), ...beside, ...found])]
    .filter((file) => file === present || isGraderName(file) || path.dirname(file) === path.dirname(dataset))
    .sort((a, b) => score(dataset, b, present) - score(dataset, a, present) || a.localeCompare(b));
  const choice = await ui.pick<vscode.QuickPickItem & { readonly file?: string; readonly none?: true }>(
    [
      ...listed.map((file) => ({
        label: plainText(path.basename(file)),
        description: [file === present ? t('chosen') : '', plainText(vscode.workspace.asRelativePath(file))]
          .filter(Boolean)
          .join(' · '),
        file,
      })),
      ...(present === null ? [] : [{ label: t('$(close) No grader'), alwaysShow: true, none: true as const }]),
      { label: t('$(folder-opened) Browse…'), alwaysShow: true },
    ],
    {
      title,
      placeHolder: t('The JSON file of the grader; the rows must have the fields it reads ({{item.…}})'),
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!choice) throw new Cancelled();
  if (choice.none === true) return null;
  if (choice.file !== undefined) return choice.file;
  const [picked] =
    (await ui.openDialog({
      title,
      canSelectMany: false,
      filters: { [t('Graders')]: ['json'] },
      defaultUri: vscode.Uri.file(path.dirname(dataset)),
    })) ?? [];
  if (!picked) throw new Cancelled();
  return toPath(picked);
}

function score(dataset: string, file: string, present: string | null): number {
  return (file === present ? 100 : 0) + (isGraderName(file) ? 10 : 0) + kinship(dataset, file);
}
