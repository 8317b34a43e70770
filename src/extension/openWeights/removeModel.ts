import * as vscode from 'vscode';
import { dayText, t } from '../../core/base/messages.ts';
import { placesIn } from '../../openWeights/places.ts';
import { readRegistry, updateRegistry } from '../../openWeights/registry.ts';
import { COMMANDS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import type { OpenWeightsServices } from './shared.ts';

/** *Remove Open-Weights Model…*: takes a model from the list; its files stay, since other programs may use them. */
export async function removeOpenWeightsModel({ folder, ui, log }: OpenWeightsServices): Promise<void> {
  const { server } = placesIn(folder);
  const { models } = await readRegistry(server);
  if (models.length === 0) {
    throw new ProblemError(
      { code: 'no-model', message: t('No open-weights model was added.'), action: t('Add one first.') },
      { title: t('Add Model…'), command: COMMANDS.addOpenWeightsModel },
    );
  }
  const chosen = await ui.pick(
    models.map((model) => ({
      label: plainText(model.id),
      description: t('added on {0}', dayText(new Date(model.addedAt))),
      detail: plainText(model.source),
      model,
    })),
    { title: t('Remove Open-Weights Model'), placeHolder: t('Which model?'), ignoreFocusOut: true },
  );
  if (!chosen) throw new Cancelled();
  const { id } = chosen.model;
  const button = t('Remove');
  const choice = await ui.modal(
    inert(t('Remove {0} from the list?', id)),
    t('Its files stay on the disk. Models that were fine-tuned from it answer again when it is added again.'),
    button,
  );
  if (choice !== button) throw new Cancelled();
  await updateRegistry(server, (registry) => ({
    ...registry,
    models: registry.models.filter((model) => model.id !== id),
  }));
  log.info(`Open-weights model ${id} was removed from the list`);
  await vscode.commands.executeCommand(COMMANDS.refreshModels);
}
