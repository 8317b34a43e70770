import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import { isTerminal } from '../../../core/training/job.ts';
import { savedResult } from '../../../core/training/resultFile.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { safeFileName } from '../documents/names.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { isOwnJob } from '../jobState.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { chooseJob } from './chooseJob.ts';
import type { Ui } from '../../ui/ui.ts';

type FileServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'log' | 'ui'>;

/** Deletes what a job was trained on at its provider, after saying what is lost. The copy on this machine stays. */
export async function deleteTrainingFile(services: FileServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: 'Delete the Training File of a Job',
    refuse: (job) => whyKept(services, job),
    none: 'No job has a training file that could be deleted.',
  });
  const { job, local, connectionId } = record;
  const connection = await services.providers.connection(connectionId);
  const copy = await copyInWords(local.trainingPath);
  const others = usersOf(services, record, job.trainingFile).length;
  const choice = await services.ui.modal(
    inert(`Delete the training file of ${jobTitle(job, local.name)} at ${connection.name}?`),
    inert(
      `${job.trainingFile} is deleted for good; no further job can be started from it${
        others > 0 ? `, and ${others === 1 ? 'another job' : `${String(others)} other jobs`} used it too` : ''
      }. The job, its model and its curves stay. ${copy}`,
    ),
    'Delete',
  );
  if (choice !== 'Delete') throw new Cancelled();
  try {
    const provider = await services.providers.get(connectionId);
    await withCancel(services.ui, `Deleting ${job.trainingFile}…`, (signal) =>
      provider.deleteFile(job.trainingFile, { signal }),
    );
  } catch (error) {
    // Gone already is as good.
    if (!isProviderFailure(error) || error.status !== 404) throw withRemedy(error, connection);
  }
  services.log.info(`The file ${job.trainingFile} was deleted at ${connection.name}.`);
  for (const user of usersOf(services, record, job.trainingFile, true)) markDeleted(services, user, job.trainingFile);
  services.ui.status('$(trash) The training file was deleted', 5000);
}

function whyKept(services: FileServices, record: JobRecord): string | null {
  const { job, local } = record;
  if (!isOwnJob(record)) return 'The job was started with another tool; take it over first.';
  if (job.trainingFile === '') return 'The provider does not say what the job was trained on.';
  if (local.deletedFiles.includes(job.trainingFile)) return 'Its training file has been deleted already.';
  const running = [record, ...usersOf(services, record, job.trainingFile)].some(
    (user) => !isTerminal(user.job.status) && !user.gone,
  );
  return running ? 'A job that has not ended needs the file.' : null;
}

/** Jobs of the same connection that were made from this file. */
function usersOf(
  services: Pick<Services, 'jobs'>,
  record: JobRecord,
  fileId: string,
  withItself = false,
): readonly JobRecord[] {
  return services.jobs
    .list(record.connectionId)
    .filter(
      ({ job }) =>
        (job.trainingFile === fileId || job.validationFile === fileId) && (withItself || job.id !== record.job.id),
    );
}

function markDeleted(services: Pick<Services, 'jobs'>, { connectionId, job, local }: JobRecord, id: string): void {
  services.jobs.update(connectionId, job.id, { local: { deletedFiles: [...new Set([...local.deletedFiles, id])] } });
}

async function copyInWords(snapshot: string | null): Promise<string> {
  const size =
    snapshot === null
      ? null
      : await stat(snapshot).then(
          (found) => found.size,
          () => null,
        );
  return size === null
    ? 'There is no copy of it on this machine.'
    : `The copy of it on this machine (${bytesInWords(size)}) is kept.`;
}

/** Writes a job's result file where the user wants it: as CSV, also where the provider sends base64. */
export async function downloadResults(services: FileServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: 'Download the Results of a Job',
    refuse: ({ job }) => (job.resultFiles.length > 0 ? null : 'The job has no result file yet.'),
    none: 'No job has a result file.',
  });
  const { job, local, connectionId } = record;
  const fileId = await chooseResult(services.ui, job.resultFiles);
  const connection = await services.providers.connection(connectionId);
  const bytes = await withCancel(services.ui, `Fetching ${fileId}…`, async (signal) => {
    const provider = await services.providers.get(connectionId);
    return provider.fileContent(fileId, { signal });
  }).catch((error: unknown) => {
    throw withRemedy(error, connection);
  });
  const { text, isCsv } = savedResult(new TextDecoder().decode(bytes));
  const name = `${safeFileName(jobTitle(job, local.name))}.results.${isCsv ? 'csv' : 'txt'}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await services.ui.saveDialog({
    title: isCsv ? 'Save the Results' : 'Save the Results as They Came: They Are No Table That Is Known',
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: isCsv ? { CSV: ['csv'] } : { Text: ['txt'] },
  });
  if (!target) throw new Cancelled();
  // What is no table is written byte by byte.
  await vscode.workspace.fs.writeFile(target, isCsv ? new TextEncoder().encode(text) : bytes);
  const choice = await services.ui.notify(
    'information',
    `The results were saved as ${path.posix.basename(target.path)}.`,
    'Open',
  );
  if (choice === 'Open') await vscode.commands.executeCommand('vscode.open', target);
}

async function chooseResult(ui: Ui, files: readonly string[]): Promise<string> {
  const [first, ...more] = files;
  if (first === undefined)
    throw new ProblemError({
      code: 'no-results',
      message: 'The job has no result file.',
      action: 'Wait until it has ended.',
    });
  if (more.length === 0) return first;
  const chosen = await ui.pick(
    files.map((label) => ({ label })),
    {
      title: 'Download Results',
      placeHolder: 'Which file?',
    },
  );
  if (chosen === undefined) throw new Cancelled();
  return chosen.label;
}
