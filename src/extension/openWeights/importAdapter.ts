import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../core/base/bytes.ts';
import { t, tn } from '../../core/base/messages.ts';
import { whyRefused, type Result } from '../../core/base/result.ts';
import type { ImportedAdapter } from '../../core/provider/api.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import { validateSuffix } from '../../core/training/hyperparameters.ts';
import { LOCAL_CONNECTION } from '../../connections/store.ts';
import { CONFIG, readAdapter, WEIGHTS, type Adapter } from '../../openWeights/adapter.ts';
import { baseOf } from '../../openWeights/adapterBase.ts';
import { placesIn } from '../../openWeights/places.ts';
import { readRegistry, type OpenWeightsModel } from '../../openWeights/registry.ts';
import { unpackAdapter } from '../../openWeights/zipFile.ts';
import { storageProblem } from '../../storage/storageProblem.ts';
import { withRemedy } from '../connections/providers.ts';
import { COMMANDS } from '../contributions.ts';
import type { Services } from '../services.ts';
import { Cancelled, inert, ProblemError, type Remedy } from '../ui/errors.ts';
import { requireTrust } from '../ui/trust.ts';
import { task } from './shared.ts';

type ImportServices = Pick<Services, 'context' | 'folder' | 'jobs' | 'log' | 'panels' | 'providers' | 'ui' | 'watch'>;

/** *Import Adapter…*: an adapter that was trained elsewhere becomes a model and a job of the local server. */
export async function importAdapter(services: ImportServices): Promise<void> {
  requireTrust();
  const source = await askSource(services);
  const temporary = await mkdtemp(path.join(tmpdir(), 'tuning-fork-adapter-'));
  try {
    const { adapter, base } = await look(services, source, temporary);
    const suffix = await askName(services, source.path, adapter, base);
    const imported = await bringHome(services, adapter.folder, suffix);
    services.log.info(`The adapter ${imported.model} was imported as ${imported.job}`);
    await services.watch.look(LOCAL_CONNECTION.id, true);
    await vscode.commands.executeCommand(COMMANDS.refreshModels);
    void tellImported(services, imported);
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Source {
  readonly path: string;
  readonly isZip: boolean;
}

async function askSource({ ui }: ImportServices): Promise<Source> {
  const chosen = await ui.pick(
    [
      {
        label: `$(folder) ${t('Folder…')}`,
        description: t('with {0} and {1}', CONFIG, WEIGHTS),
        isZip: false,
      },
      { label: `$(file-zip) ${t('Zip file…')}`, description: t('as Colab downloads it'), isZip: true },
    ],
    { title: t('Import Adapter'), placeHolder: t('A LoRA adapter of PEFT that was trained elsewhere') },
  );
  if (!chosen) throw new Cancelled();
  const { isZip } = chosen;
  const [file] =
    (await ui.openDialog({
      title: isZip ? t('Choose Zip File of Adapter') : t('Choose Adapter Folder'),
      canSelectFiles: isZip,
      canSelectFolders: !isZip,
      ...(isZip ? { filters: { Zip: ['zip'] } } : {}),
    })) ?? [];
  if (!file) throw new Cancelled();
  return { path: file.fsPath, isZip };
}

/** Looks at the adapter, unpacked where it is a zip file, and finds its base. @throws ProblemError */
async function look(
  services: ImportServices,
  source: Source,
  temporary: string,
): Promise<{ readonly adapter: Adapter; readonly base: OpenWeightsModel }> {
  return await task(services, t('Looking at {0}', path.basename(source.path)), async (signal, report) => {
    try {
      if (source.isZip) {
        granted(
          await unpackAdapter(source.path, temporary, signal, (share) => {
            report(t('unpacking…'), share);
          }),
        );
      }
      const adapter = granted(await readAdapter(source.isZip ? temporary : source.path));
      const { models } = await readRegistry(placesIn(services.folder).server);
      return { adapter, base: granted(await baseOf(adapter, models, process.env)) };
    } catch (error) {
      const problem = storageProblem(error, source.isZip ? temporary : source.path);
      throw problem ? new ProblemError(problem) : error;
    }
  });
}

function granted<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { code } = result.error;
  const add: Remedy = { title: t('Add Model…'), command: COMMANDS.addOpenWeightsModel };
  throw new ProblemError(result.error, code === 'unknown-base' || code === 'other-base' ? add : undefined);
}

async function askName(
  { ui }: ImportServices,
  source: string,
  { rank, bytes, hasState }: Adapter,
  base: OpenWeightsModel,
): Promise<string | null> {
  const facts = t('{0}, rank {1}, {2}', untrustedText(base.id, [], 80), rank, bytesInWords(bytes));
  const typed = await ui.input({
    title: t('Import Adapter'),
    prompt: hasState
      ? t('Name of the model ({0}, with its curves)', facts)
      : t('Name of the model ({0}, without curves)', facts),
    value: proposedSuffix(source),
    ignoreFocusOut: true,
    validateInput: (value) => whyRefused(validateSuffix(value)),
  });
  const suffix = typed === undefined ? null : validateSuffix(typed);
  if (!suffix?.ok) throw new Cancelled();
  return suffix.value;
}

function proposedSuffix(source: string): string {
  return path
    .basename(source)
    .replace(/\.zip$/i, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
}

async function bringHome(services: ImportServices, folder: string, suffix: string | null): Promise<ImportedAdapter> {
  try {
    return await task(services, t('Importing the adapter'), async (signal) => {
      const provider = await services.providers.get(LOCAL_CONNECTION.id);
      const imported = await provider.importAdapter({ folder, suffix }, { signal });
      // Kept before the monitor looks: a panel that is opened earlier would have no job, and read no curve.
      const job = await provider.retrieveJob(imported.job);
      await services.jobs.load();
      services.jobs.update(LOCAL_CONNECTION.id, job.id, { job });
      return imported;
    });
  } catch (error) {
    throw withRemedy(error, LOCAL_CONNECTION);
  }
}

async function tellImported({ ui, panels }: ImportServices, { job, model, steps }: ImportedAdapter): Promise<void> {
  const [open, evaluate] = [t('Open Charts'), t('Evaluate Model…')];
  const text =
    steps > 0
      ? tn(
          steps,
          'The adapter was imported as a model of this machine, with the curves of {0} step.',
          'The adapter was imported as a model of this machine, with the curves of {0} steps.',
        )
      : t('The adapter was imported as a model of this machine. It came without curves that can be read.');
  const choice = await ui.notify('information', inert(text), ...(steps > 0 ? [open] : []), evaluate);
  if (choice === open) await panels.openJob({ connectionId: LOCAL_CONNECTION.id, jobId: job });
  else if (choice === evaluate)
    await vscode.commands.executeCommand(COMMANDS.evaluateModel, { connectionId: LOCAL_CONNECTION.id, model });
}
