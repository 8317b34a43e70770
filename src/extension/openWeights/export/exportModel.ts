import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { t, tn } from '../../../core/base/messages.ts';
import type { ExportForm } from '../../../core/training/card/cardInput.ts';
import {
  ExportCancelled,
  exportModel as writeModel,
  type Exported,
  type ExportStage,
} from '../../../openWeights/exportModel.ts';
import { OpenWeightsError } from '../../../openWeights/problems.ts';
import type { Services } from '../../services.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { requireTrust } from '../../ui/trust.ts';
import type { Ui } from '../../ui/ui.ts';
import { readyPython, task } from '../shared.ts';
import { chooseModel, findAdapter } from './chooseModel.ts';
import { baseOf, makeCard } from './makeCard.ts';

export type ExportServices = Pick<Services, 'context' | 'folder' | 'jobs' | 'log' | 'providers' | 'runs' | 'ui'>;

/** *Export Model…*: writes an open-weights model that was fine-tuned here into a new folder, in a form that is asked for. */
export async function exportModel(services: ExportServices, arg?: unknown): Promise<void> {
  requireTrust();
  const chosen = await chooseModel(services, arg, t('Export Model'));
  const python = await readyPython(services);
  const found = await task(services, t('Looking for the adapter of {0}', chosen.label), (signal) =>
    findAdapter(services, chosen, signal),
  );
  const base = await baseOf(services.folder, found);
  const form = await askForm(services.ui, {
    adapter: await sizeOf(path.join(found.folder, 'adapter_model.safetensors')),
    // Two bytes a weight, as nearly all models are published.
    merged: base.parameters === null ? null : base.parameters * 2,
  });
  const parent = await askFolder(services.ui);
  const name = folderName(chosen.label, form);
  const exported = await task(services, t('Exporting {0}', chosen.label), async (signal, report) => {
    report(t('writing the model card'));
    const card = await makeCard(services, chosen, { name, form, base }, signal);
    const { source, revision, folder: adapter } = found;
    try {
      const written = await writeModel(
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
  });
  services.log.info(`Model ${chosen.model} was exported as ${form}, ${String(exported.files.length)} files`);
  // Not awaited: the notification may stay open for days.
  void tell(services.ui, exported);
}

type Form = vscode.QuickPickItem & { readonly form: ExportForm };

/** @param sizes bytes of the weights; null when unknown */
async function askForm(
  ui: Pick<Ui, 'pick'>,
  sizes: { readonly adapter: number | null; readonly merged: number | null },
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
  const chosen = await ui.pick(items, {
    title: t('Export Model'),
    placeHolder: t('Form of the export; each comes with a model card, none with rows of a dataset'),
    ignoreFocusOut: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.form;
}

async function askFolder(ui: Pick<Ui, 'openDialog'>): Promise<string> {
  const [chosen] =
    (await ui.openDialog({
      title: t('Choose the Folder That Receives the Export'),
      openLabel: t('Export Here'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (!chosen) throw new Cancelled();
  if (chosen.scheme === 'file') return chosen.fsPath;
  throw new ProblemError({
    code: 'not-on-disk',
    message: t('The folder is not on the disk of the machine that trains.'),
    action: t('Choose a folder there.'),
  });
}

/** Name of the new folder, of letters that every system takes. */
export function folderName(label: string, form: ExportForm): string {
  const ending = { adapter: 'adapter', merged: 'merged', ollama: 'ollama' }[form];
  const stem = label
    .replace(/^.*\//, '')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 60);
  return `${stem === '' ? 'model' : stem}-${ending}`;
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

async function tell(ui: Pick<Ui, 'notify'>, { folder, files, warnings }: Exported): Promise<void> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const written = tn(
    files.length,
    '{1} was written: {0} file, {2}.',
    '{1} was written: {0} files, {2}.',
    path.basename(folder),
    bytesInWords(bytes),
  );
  const [card, reveal] = [t('Open Model Card'), t('Show in Folder')];
  const choice = await ui.notify(
    warnings.length === 0 ? 'information' : 'warning',
    inert([written, ...warnings].join(' ')),
    card,
    reveal,
  );
  const readme = vscode.Uri.file(path.join(folder, 'README.md'));
  if (choice === card) await vscode.commands.executeCommand('vscode.open', readme);
  if (choice === reveal) await vscode.commands.executeCommand('revealFileInOS', readme);
}
