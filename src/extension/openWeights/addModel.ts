import path from 'node:path';
import * as vscode from 'vscode';
import { count } from '../../core/base/numbers.ts';
import { dayText, t } from '../../core/base/messages.ts';
import { downloadModel, hubOf, planModel, type FetchOptions, type ModelPlan } from '../../openWeights/downloads.ts';
import { placesIn } from '../../openWeights/places.ts';
import { KNOWN_MODELS, KNOWN_MODELS_DATE, memoryToTrain, type KnownModel } from '../../openWeights/knownModels.ts';
import { bytesInWords } from '../../core/base/bytes.ts';
import { OpenWeightsError } from '../../openWeights/problems.ts';
import { updateRegistry } from '../../openWeights/registry.ts';
import { COMMANDS } from '../contributions.ts';
import { Cancelled, inert } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { requireTrust } from '../ui/trust.ts';
import { askHubId } from './askHubId.ts';
import { withHubToken } from './hubToken.ts';
import { readyPython, task, type OpenWeightsServices } from './shared.ts';

/** *Add Open-Weights Model…*: looks at a model, says its size, downloads it after a yes, and adds it to the list. */
export async function addOpenWeightsModel(services: OpenWeightsServices): Promise<void> {
  requireTrust();
  const python = await readyPython(services);
  const source = await askSource(services);
  const { plan, token } = await look(services, python, source);
  await confirm(services, plan);
  if (plan.bytes > 0) await download(services, plan, { python, token });
  const id = idOf(source);
  await updateRegistry(placesIn(services.folder).server, (registry) => ({
    ...registry,
    python,
    models: [
      ...registry.models.filter((model) => model.id !== id),
      {
        id,
        source,
        revision: plan.revision,
        licence: plan.licence ?? KNOWN_MODELS.find((model) => model.id === source)?.licence ?? null,
        parameters: plan.parameters,
        addedAt: new Date().toISOString(),
      },
    ],
  }));
  services.log.info(`Open-weights model ${id} was added`);
  await vscode.commands.executeCommand(COMMANDS.refreshModels);
  services.ui.status(t('{0} was added.', id), 5000);
}

/** Id at the hub as it is; a folder or file by its name. */
export function idOf(source: string): string {
  return path.isAbsolute(source) ? path.basename(source).replace(/\.gguf$/i, '') : source;
}

type Item = vscode.QuickPickItem & { readonly source: string | (() => Promise<string>) };

async function askSource(services: OpenWeightsServices): Promise<string> {
  const { ui } = services;
  const items: readonly Item[] = [
    ...KNOWN_MODELS.map((model) => ({
      label: model.id,
      description: [
        parametersText(model.parameters),
        model.licence,
        ...(model.gated ? [t('license to accept')] : []),
      ].join(' · '),
      detail: detailOf(model),
      source: model.id,
    })),
    {
      label: `$(cloud-download) ${t('Other model of the hub…')}`,
      source: () => askHubId(services, t('Add Open-Weights Model')),
    },
    {
      label: `$(folder) ${t('Folder…')}`,
      description: t('with safetensors'),
      source: () => askFile(services, t('Choose Model Folder'), true),
    },
    { label: `$(file) ${t('GGUF file…')}`, source: () => askFile(services, t('Choose GGUF File'), false) },
  ];
  const chosen = await ui.pick(items, {
    title: t('Add Open-Weights Model'),
    placeHolder: t(
      'Small models, as of {0}; the hub is asked for size and license first',
      dayText(new Date(KNOWN_MODELS_DATE)),
    ),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (!chosen) throw new Cancelled();
  return typeof chosen.source === 'string' ? chosen.source : chosen.source();
}

function detailOf(model: KnownModel): string {
  const [download, memory] = [bytesInWords(model.download), bytesInWords(model.memory)];
  return model.ranByUs
    ? t('{0} to download, about {1} of memory to train; run by us', download, memory)
    : t('{0} to download, about {1} of memory to train; not run by us', download, memory);
}

function parametersText(parameters: number): string {
  return parameters >= 1e9
    ? t('{0}B parameters', (parameters / 1e9).toFixed(1))
    : t('{0}M parameters', count(Math.round(parameters / 1e6)));
}

async function askFile({ ui }: OpenWeightsServices, title: string, folder: boolean): Promise<string> {
  const [chosen] =
    (await ui.openDialog({
      title,
      canSelectFiles: !folder,
      canSelectFolders: folder,
      ...(folder ? {} : { filters: { GGUF: ['gguf'] } }),
    })) ?? [];
  if (!chosen) throw new Cancelled();
  return chosen.fsPath;
}

/** Looks at the model; a model that asks for a token is looked at again with one. */
async function look(
  services: OpenWeightsServices,
  python: string,
  source: string,
): Promise<{ readonly plan: ModelPlan; readonly token: string | null }> {
  return await withHubToken(services, async (token) => {
    const plan = await task(services, t('Looking at {0}', idOf(source)), (signal) =>
      planModel(source, { ...fetchOptions(services, signal), python, token }),
    );
    return { plan, token };
  });
}

function fetchOptions(
  { log }: OpenWeightsServices,
  signal: AbortSignal,
): Pick<FetchOptions, 'env' | 'signal' | 'onLog'> {
  return {
    env: process.env,
    signal,
    onLog: (line) => {
      log.info(`Hub: ${line}`);
    },
  };
}

async function confirm({ ui }: OpenWeightsServices, plan: ModelPlan): Promise<void> {
  const button = plan.bytes > 0 ? t('Download and Add') : t('Add');
  const total = plan.bytes + plan.bytesCached;
  const details = [
    plan.cache === null
      ? t('Its files stay where they are ({0}).', bytesInWords(total))
      : plan.bytes === 0
        ? t('It is in the cache already ({0}).', bytesInWords(total))
        : t('{0} from {1} to {2}.', bytesInWords(plan.bytes), new URL(hubOf(process.env)).host, plan.cache),
    plan.licence === null ? t('Its license is not known here.') : t('License: {0}.', plan.licence),
    ...(plan.parameters === null
      ? []
      : [
          t(
            '{0}; about {1} of memory to train.',
            parametersText(plan.parameters),
            bytesInWords(memoryToTrain(plan.parameters)),
          ),
        ]),
  ];
  const choice = await ui.modal(inert(t('Add {0}?', idOf(plan.model))), details.map(inert).join('\n'), button);
  if (choice !== button) throw new Cancelled();
}

async function download(
  services: OpenWeightsServices,
  plan: ModelPlan,
  { python, token }: Pick<FetchOptions, 'python' | 'token'>,
): Promise<void> {
  await task(services, t('Downloading {0}', idOf(plan.model)), async (signal, report) => {
    try {
      await downloadModel(plan, { ...fetchOptions(services, signal), python, token }, (file, done, total) => {
        report(
          t('{0}: {1} of {2}', plainText(file), bytesInWords(done), bytesInWords(total)),
          total > 0 ? done / total : 0,
        );
      });
    } catch (error) {
      if (error instanceof OpenWeightsError) services.log.warn(`Download of ${plan.model}: ${error.problem.code}`);
      throw error;
    }
  });
}
