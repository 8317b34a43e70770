// *Delete Uploaded Training File…*: a deletion at a provider is final, so a file that a job still needs must stay.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deleteTrainingFile } from '../../../../src/extension/jobs/commands/jobFiles.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import type { Job } from '../../../../src/core/training/job.ts';
import type { LocalFacts } from '../../../../src/jobs/store/jobRecord.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let ui: UiDouble;
let extension: ExtensionDouble;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  extension.server.ledger.files.push({ id: 'file-1', object: 'file', created_at: 1, content: '' });
  await extension.services.jobs.load();
});
afterEach(async () => {
  await extension.close();
});

function known(job: Partial<Job>, local: Partial<LocalFacts> = {}): { connectionId: string; jobId: string } {
  const whole = aJob({ status: 'succeeded', ...job });
  extension.services.jobs.update(extension.lab.id, whole.id, {
    job: whole,
    local: { startedHere: true, name: whole.id, ...local },
  });
  return { connectionId: extension.lab.id, jobId: whole.id };
}
const atProvider = (): readonly string[] => extension.server.ledger.files.map(({ id }) => id);
const QUESTION: Line = {
  modal: 'Delete the training file of ftjob-1 at Lab?',
  detail: /^file-1 will be permanently deleted: .*There is no copy of the file on this machine\.$/,
  answer: 'Delete',
};

describe('the training file of a job', () => {
  it('is deleted at the provider after a question that says what is lost', async () => {
    ui.expect(QUESTION, { status: /Training file deleted/ });
    await deleteTrainingFile(extension.services, known({}));
    expect(atProvider()).toEqual([]);
    expect(extension.services.jobs.get(extension.lab.id, 'ftjob-1')?.local.deletedFiles).toEqual(['file-1']);
  });

  it('stays when the question is closed', async () => {
    ui.expect({ ...QUESTION, answer: CLOSED });
    await expect(deleteTrainingFile(extension.services, known({}))).rejects.toBeInstanceOf(Cancelled);
    expect(atProvider()).toEqual(['file-1']);
  });

  it.each(['validating_files', 'queued', 'running', 'paused', 'a status of next year'])(
    'stays while the job is %s',
    async (status) => {
      await expect(deleteTrainingFile(extension.services, known({ status }))).rejects.toMatchObject({
        problem: { code: 'job-not-fit', message: 'A job that has not ended needs the file.' },
      });
      expect(atProvider()).toEqual(['file-1']);
    },
  );

  it.each<[string, Partial<Job>]>([
    ['trains on it', { trainingFile: 'file-1' }],
    ['is measured on it', { trainingFile: 'file-2', validationFile: 'file-1' }],
  ])('stays while another job %s', async (_how, other) => {
    known({ id: 'ftjob-2', status: 'running', ...other });
    await expect(deleteTrainingFile(extension.services, known({}))).rejects.toMatchObject({
      problem: { code: 'job-not-fit' },
    });
    expect(atProvider()).toEqual(['file-1']);
  });

  it('is asked for by the palette among the jobs that do not need it only', async () => {
    known({ id: 'ftjob-2', status: 'running', trainingFile: 'file-2' });
    known({ id: 'ftjob-3', trainingFile: 'file-3' }, { deletedFiles: ['file-3'] });
    known({});
    ui.expect({ pick: 'Which job?', title: 'Delete Uploaded Training File', answer: /./ }, QUESTION, {
      status: /deleted/,
    });
    await deleteTrainingFile(extension.services, undefined);
    expect(atProvider()).toEqual([]);
  });

  it('stays when the job is another tool’s', async () => {
    await expect(deleteTrainingFile(extension.services, known({}, { startedHere: false }))).rejects.toMatchObject({
      problem: { code: 'job-not-fit' },
    });
    expect(atProvider()).toEqual(['file-1']);
  });
});
