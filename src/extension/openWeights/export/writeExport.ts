// What *Export Model…* and *Push to the Hub…* share: a model that can be written, its forms, and the writing.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { t } from '../../../core/base/messages.ts';
import type { AdapterInfo } from '../../../core/provider/api.ts';
import type { CardBase, ExportForm } from '../../../core/training/card/cardInput.ts';
import { WEIGHTS } from '../../../openWeights/adapter.ts';
import { ExportCancelled, exportModel, type Exported, type ExportStage } from '../../../openWeights/exportModel.ts';
import { OpenWeightsError } from '../../../openWeights/problems.ts';
import type { Services } from '../../services.ts';
import { Cancelled } from '../../ui/errors.ts';
import { requireTrust } from '../../ui/trust.ts';
import type { Report, Ui } from '../../ui/ui.ts';
import { readyPython, task } from '../shared.ts';
import { chooseModel, findAdapter, type ChosenModel } from './chooseModel.ts';
import { baseOf, makeCard } from './makeCard.ts';

export type ExportServices = Pick<
  Services,
  'connections' | 'context' | 'folder' | 'jobs' | 'log' | 'providers' | 'runs' | 'ui'
>;

/** Model whose adapter is there, with the Python that writes it. */
export interface ReadyModel {
  readonly chosen: ChosenModel;
  readonly python: string;
  readonly found: AdapterInfo;
  readonly base: CardBase;
  /** Bytes of the weights; null when unknown. */
  readonly sizes: { readonly adapter: number | null; readonly merged: number | null };
}

/** @throws ProblemError in Restricted Mode, without Python, for other models, and where the adapter is gone */
export async function readyModel(services: ExportServices, arg: unknown, title: string): Promise<ReadyModel> {
  requireTrust();
  const chosen = await chooseModel(services, arg, title);
  const python = await readyPython(services);
  const found = await task(services, t('Looking for the adapter of {0}', chosen.label), (signal) =>
    findAdapter(services, chosen, signal),
  );
  const base = await baseOf(services.folder, found);
  const sizes = {
    adapter: await sizeOf(path.join(found.folder, WEIGHTS)),
    // Two bytes a weight, as nearly all models are published.
    merged: base.parameters === null ? null : base.parameters * 2,
  };
  return { chosen, python, found, base, sizes };
}

/** Writes the model into a new folder of `parent`. @throws Cancelled, OpenWeightsError; nothing is left then */
export async function writeExport(
  services: ExportServices,
  { chosen, python, found, base }: ReadyModel,
  { form, parent, name }: { readonly form: ExportForm; readonly parent: string; readonly name: string },
  signal: AbortSignal,
  report: Report,
): Promise<Exported> {
  report(t('writing the model card'));
  const card = await makeCard(services, chosen, { name, form, base }, signal);
  const { source, revision, folder: adapter } = found;
  try {
    const written = await exportModel(
      { form, adapter, source, revision, baseName: base.name, card, parent, name },
      {
        python,
        env: process.env,
        signal,
        report: (stage, done, total) => {
          report(stageText(stage, done, total), total === 0 ? undefined : done / total);
        },
      },
    );
    if (!written.ok) throw new OpenWeightsError(written.error);
    return written.value;
  } catch (error) {
    throw error instanceof ExportCancelled ? new Cancelled() : error;
  }
}

type Form = vscode.QuickPickItem & { readonly form: ExportForm };

/** Asks in which of these forms the model is written. */
export async function askForm(
  ui: Pick<Ui, 'pick'>,
  title: string,
  { sizes }: Pick<ReadyModel, 'sizes'>,
  forms: readonly ExportForm[],
): Promise<ExportForm> {
  const merged = sizes.merged === null ? t('size not known') : t('about {0}', bytesInWords(sizes.merged));
  const items: readonly Form[] = [
    {
      label: t('Adapter'),
      description: sizes.adapter === null ? t('size not known') : bytesInWords(sizes.adapter),
      detail: t('LoRA weights for PEFT and vLLM; whoever uses them needs the base model, too'),
      form: 'adapter',
    },
    {
      label: t('Merged Model'),
      description: merged,
      detail: t('Whole weights as safetensors, for transformers and vLLM; needs no base model'),
      form: 'merged',
    },
    {
      label: t('Ollama Modelfile'),
      description: merged,
      detail: t('The merged model with a Modelfile that has its chat template, for “ollama create”'),
      form: 'ollama',
    },
  ];
  const offered = items.filter((item) => forms.includes(item.form));
  const chosen = await ui.pick(offered, {
    title,
    placeHolder: t('Form of the export; each comes with a model card, none with rows of a dataset'),
    ignoreFocusOut: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.form;
}

/** Name of the new folder, of letters that every system takes. */
export function folderName(label: string, form: ExportForm): string {
  const stem = label
    .replace(/^.*\//, '')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 60);
  return `${stem === '' ? 'model' : stem}-${form}`;
}

function stageText(stage: ExportStage, done: number, total: number): string {
  switch (stage) {
    case 'base':
      return t('reading the base model');
    case 'merge':
      return t('merging the adapter into the weights');
    case 'write':
      return t('writing: {0} of {1}', bytesInWords(done), bytesInWords(total));
  }
}

async function sizeOf(file: string): Promise<number | null> {
  return stat(file).then(
    ({ size }) => size,
    () => null,
  );
}
