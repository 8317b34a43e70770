import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import { isTerminal } from '../../../core/training/job.ts';
import { savedResult } from '../../../core/training/resultFile.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { safeFileName } from '../../../core/base/fileName.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { isOwnJob } from '../jobState.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { chooseJob } from './chooseJob.ts';
import { whyForeign } from './jobControl.ts';
import type { Ui } from '../../ui/ui.ts';

type FileServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'log' | 'ui'>;

/** Deletes a job's training file at its provider, after a question that names the loss. The copy on this machine stays. */
export async function deleteTrainingFile(services: FileServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: t('Delete Uploaded Training File'),
    refuse: (job) => whyKept(services, job),
    none: t('No job has a training file that can be deleted.'),
  });
  const { job, local, connectionId } = record;
  const connection = await services.providers.connection(connectionId);
  const copy = await copyInWords(local.trainingPath);
  const others = usersOf(services, record, job.trainingFile).length;
  const remove = t('Delete');
  const choice = await services.ui.modal(
    inert(t('Delete the training file of {0} at {1}?', jobTitle(job, local.name), connection.name)),
    inert(
      [
        t('{0} will be permanently deleted: no further job can be started from it.', job.trainingFile),
        ...(others > 0 ? [tn(others, '{0} other job used it too.', '{0} other jobs used it too.')] : []),
        t('The job, its model and its curves stay.'),
        copy,
      ].join(' '),
    ),
    remove,
  );
  if (choice !== remove) throw new Cancelled();
  try {
    const provider = await services.providers.get(connectionId);
    await withCancel(services.ui, t('Deleting {0}…', job.trainingFile), (signal) =>
      provider.deleteFile(job.trainingFile, { signal }),
    );
  } catch (error) {
    // A file that is already gone is as good.
    if (!isProviderFailure(error) || error.status !== 404) throw withRemedy(error, connection);
  }
  services.log.info(`The file ${job.trainingFile} was deleted at ${connection.name}.`);
  for (const user of usersOf(services, record, job.trainingFile, true)) markDeleted(services, user, job.trainingFile);
  services.ui.status(`$(trash) ${t('Training file deleted')}`, 5000);
}

function whyKept(services: FileServices, record: JobRecord): string | null {
  const { job, local } = record;
  if (!isOwnJob(record)) return whyForeign(record);
  if (job.trainingFile === '') return t('The provider does not name the training file of this job.');
  if (local.deletedFiles.includes(job.trainingFile)) return t('The training file has already been deleted.');
  const running = [record, ...usersOf(services, record, job.trainingFile)].some(
    (user) => !isTerminal(user.job.status) && !user.gone,
  );
  return running ? t('A job that has not ended needs the file.') : null;
}

/** Jobs of the same connection that use this file. */
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

/** Sentence about the copy of an upload on this machine. */
async function copyInWords(snapshot: string | null): Promise<string> {
  const size =
    snapshot === null
      ? null
      : await stat(snapshot).then(
          (found) => found.size,
          () => null,
        );
  return size === null
    ? t('There is no copy of the file on this machine.')
    : t('The copy on this machine ({0}) is kept.', bytesInWords(size));
}

/** Saves a job's result file where the user chooses: as CSV, also when the provider sends base64. */
export async function downloadResults(services: FileServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: t('Download Job Results'),
    refuse: ({ job }) => (job.resultFiles.length > 0 ? null : t('The job has no result file yet.')),
    none: t('No job has a result file.'),
  });
  const { job, local, connectionId } = record;
  const fileId = await chooseResult(services.ui, job.resultFiles);
  const connection = await services.providers.connection(connectionId);
  const bytes = await withCancel(services.ui, t('Downloading {0}…', fileId), async (signal) => {
    const provider = await services.providers.get(connectionId);
    return provider.fileContent(fileId, { signal });
  }).catch((error: unknown) => {
    throw withRemedy(error, connection);
  });
  const { text, isCsv } = savedResult(new TextDecoder().decode(bytes));
  const name = `${safeFileName(jobTitle(job, local.name))}.results.${isCsv ? 'csv' : 'txt'}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await services.ui.saveDialog({
    title: isCsv ? t('Save the Results') : t('Save Raw Results (Unrecognized Format)'),
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: isCsv ? { CSV: ['csv'] } : { [t('Text')]: ['txt'] },
  });
  if (!target) throw new Cancelled();
  // Results in an unrecognized format are saved byte by byte.
  await vscode.workspace.fs.writeFile(target, isCsv ? new TextEncoder().encode(text) : bytes);
  const open = t('Open');
  const choice = await services.ui.notify(
    'information',
    t('The results were saved as {0}.', path.posix.basename(target.path)),
    open,
  );
  if (choice === open) await vscode.commands.executeCommand('vscode.open', target);
}

async function chooseResult(ui: Ui, files: readonly string[]): Promise<string> {
  const [first, ...more] = files;
  if (first === undefined)
    throw new ProblemError({
      code: 'no-results',
      message: t('The job has no result file.'),
      action: t('Wait until the job has ended.'),
    });
  if (more.length === 0) return first;
  const chosen = await ui.pick(
    files.map((label) => ({ label })),
    {
      title: t('Download Job Results'),
      placeHolder: t('Which file?'),
    },
  );
  if (chosen === undefined) throw new Cancelled();
  return chosen.label;
}
