import path from 'node:path';
import * as vscode from 'vscode';
import { safeFileName } from '../../../core/base/fileName.ts';
import { t } from '../../../core/base/messages.ts';
import { validationFiles } from '../../../core/dataset/fileNames.ts';
import { LOCAL_BASE_MODEL } from '../../../core/provider/localModel.ts';
import { stopsEarly } from '../../../core/training/earlyStop.ts';
import { notebookText } from '../../../core/training/notebook/notebook.ts';
import { datasetSettings, jobSettings, type JobSettings } from '../../../core/training/notebook/settings.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import type { Result } from '../../../core/base/result.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { placesIn } from '../../../openWeights/places.ts';
import { readRegistry } from '../../../openWeights/registry.ts';
import { chooseDatasets, nameOfDataset, offerToSave, siblings } from '../../datasets/files.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import { isServedHere } from '../../../core/provider/connection.ts';
import { chooseJob } from '../../jobs/commands/chooseJob.ts';
import { isJobRef } from '../../jobs/jobRef.ts';
import type { Services } from '../../services.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { requireTrust } from '../../ui/trust.ts';
import { inspectFor } from '../wizard/trainingFile.ts';
import { askBase, type NotebookBase } from './askBase.ts';
import { writeNotebook, type DataSource } from './writeNotebook.ts';

export type NotebookServices = Pick<
  Services,
  'connections' | 'datasets' | 'folder' | 'jobs' | 'log' | 'providers' | 'ui'
>;

/** Job or dataset that a notebook trains. */
interface Subject {
  readonly name: string;
  readonly settings: JobSettings;
  readonly stopsEarly: boolean;
  readonly training: DataSource;
  readonly validation: DataSource | null;
  /** Folder that is proposed; null: that of the workspace. */
  readonly folder: string | null;
  /** Model of the job; null: it has to be asked for. */
  readonly base: NotebookBase | null;
}

/** *Export as Notebook…*: on a job, on a dataset of the Explorer, or on a job that is asked for. */
export async function exportNotebook(services: NotebookServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.jobs.load();
  const hasFile = services.jobs.list().some(({ job }) => job.trainingFile !== '');
  const isDataset = args[0] instanceof vscode.Uri || (!isJobRef(args[0]) && !hasFile);
  const subject = isDataset ? await ofDataset(services, args) : await ofJob(services, args[0]);
  const base = subject.base ?? (await askBase(services));
  const target = await askTarget(services, subject);
  const { name, settings, training, validation } = subject;
  await writeNotebook(services, { target, training, validation, name }, (files) =>
    notebookText({ ...settings, ...base, ...files, stopsEarly: subject.stopsEarly }),
  );
  services.log.info('A notebook was exported');
  void offerToOpen(services, target, validation !== null);
}

async function ofDataset({ ui, datasets }: NotebookServices, args: readonly unknown[]): Promise<Subject> {
  const chosen = await chooseDatasets(ui, args);
  const { training } = chosen;
  const validation = chosen.validation ?? validationFiles(training, await siblings(training))[0] ?? null;
  await offerToSave(ui, [training, validation]);
  const { summary, method } = await inspectFor(ui, datasets, training, { countTokens: false, forTraining: true });
  await refuseErrors(ui, training, summary);
  return {
    name: nameOfDataset(training),
    settings: granted(datasetSettings(method)),
    stopsEarly: false,
    training: { path: training },
    validation: validation === null ? null : { path: validation },
    folder: path.dirname(training),
    base: null,
  };
}

async function ofJob(services: NotebookServices, arg: unknown): Promise<Subject> {
  const record = await chooseJob(services, arg, {
    title: t('Export as Notebook'),
    refuse: ({ job }) => (job.trainingFile === '' ? t('The job has no training file.') : null),
    none: t('No job has a training file.'),
  });
  const { job, local, connectionId } = record;
  const connection = await services.providers.connection(connectionId);
  const trainer = !isServedHere(connection) ? 'other' : job.model === LOCAL_BASE_MODEL ? 'baseline' : 'own';
  const file = (id: string, copy: string | null): DataSource => ({ path: copy, remote: { id, connection } });
  return {
    name: jobTitle(job, local.name),
    settings: granted(jobSettings(job, trainer)),
    stopsEarly: stopsEarly(job.metadata),
    training: file(job.trainingFile, local.trainingPath),
    validation: job.validationFile === null ? null : file(job.validationFile, local.validationPath),
    folder: local.sourcePath === null ? null : path.dirname(local.sourcePath),
    base: trainer === 'own' ? await baseOf(services, record) : null,
  };
}

function granted<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.error);
}

/** Model of a job of this machine where it is one of the hub; a folder or a file has no address that a notebook could name. */
async function baseOf({ folder }: NotebookServices, { job }: JobRecord): Promise<NotebookBase | null> {
  const { models } = await readRegistry(placesIn(folder).server);
  const model = models.find(({ id }) => id === job.model);
  if (model === undefined || path.isAbsolute(model.source)) return null;
  return { baseModel: model.source, revision: model.revision };
}

async function askTarget({ ui }: NotebookServices, { name, folder }: Subject): Promise<string> {
  const place = folder ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const file = `${safeFileName(name)}.ipynb`;
  const chosen = await ui.saveDialog({
    title: t('Export as Notebook'),
    ...(place === undefined ? {} : { defaultUri: vscode.Uri.file(path.join(place, file)) }),
    filters: { [t('Jupyter Notebook')]: ['ipynb'] },
  });
  if (!chosen) throw new Cancelled();
  return /\.ipynb$/i.test(chosen.fsPath) ? chosen.fsPath : `${chosen.fsPath}.ipynb`;
}

async function offerToOpen({ ui }: NotebookServices, target: string, hasValidation: boolean): Promise<void> {
  const open = t('Open');
  const name = path.basename(target);
  const text = hasValidation
    ? t('{0} is written, with its training and validation files beside it.', name)
    : t('{0} is written, with its training file beside it.', name);
  const choice = await ui.notify('information', inert(text), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(target));
}
