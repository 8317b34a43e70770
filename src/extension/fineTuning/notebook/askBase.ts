import path from 'node:path';
import type * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { KNOWN_MODELS } from '../../../openWeights/knownModels.ts';
import { placesIn } from '../../../openWeights/places.ts';
import { readRegistry } from '../../../openWeights/registry.ts';
import { askHubId } from '../../openWeights/askHubId.ts';
import type { Services } from '../../services.ts';
import { Cancelled } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';

export interface NotebookBase {
  /** Id at the hub, or the name of a folder beside the notebook. */
  readonly baseModel: string;
  readonly revision: string | null;
}

type Item = vscode.QuickPickItem & { readonly base: NotebookBase | null };

/** Asks for the open base model: those of this machine, those of the list, or any other of the hub. */
export async function askBase({ folder, ui }: Pick<Services, 'folder' | 'ui'>): Promise<NotebookBase> {
  const { models } = await readRegistry(placesIn(folder).server);
  const ofHub = models.filter(({ source }) => !path.isAbsolute(source));
  const folders = models.filter(({ source }) => path.isAbsolute(source) && !/\.gguf$/i.test(source));
  const items: readonly Item[] = [
    ...ofHub.map(({ source, revision }) => ({
      label: plainText(source),
      description: t('added on this machine'),
      base: { baseModel: source, revision },
    })),
    ...KNOWN_MODELS.filter(({ id }) => !ofHub.some(({ source }) => source === id)).map(({ id, licence }) => ({
      label: id,
      description: licence,
      base: { baseModel: id, revision: null },
    })),
    ...folders.map(({ source }) => ({
      label: plainText(path.basename(source)),
      description: t('a folder that you put beside the notebook'),
      base: { baseModel: path.basename(source), revision: null },
    })),
    { label: `$(cloud-download) ${t('Other model of the hub…')}`, base: null },
  ];
  const chosen = await ui.pick(items, {
    title: t('Export as Notebook'),
    placeHolder: t('Which open-weights model should the notebook train?'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (!chosen) throw new Cancelled();
  if (chosen.base !== null) return chosen.base;
  return { baseModel: await askHubId({ ui }, t('Export as Notebook')), revision: null };
}
