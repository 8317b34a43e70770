import { jobTitle, statusLine } from '../../../core/training/words/describe.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Services } from '../../services.ts';
import { isJobRef, recordOf } from '../jobRef.ts';

export interface JobQuestion {
  /** Title of the list. */
  readonly title: string;
  /** Null when the job can be taken, else why it cannot: one sentence. */
  readonly refuse?: (record: JobRecord) => string | null;
  /** Said when no job can be taken. */
  readonly none: string;
}

/**
 * The job a command was called on (a node of the tree, a panel), or one chosen from a list: by the palette every command works by itself.
 * @throws ProblemError when the job it was called on cannot be taken, or when there is none
 */
export async function chooseJob(
  services: Pick<Services, 'jobs' | 'connections' | 'ui'>,
  arg: unknown,
  { title, refuse = () => null, none }: JobQuestion,
): Promise<JobRecord> {
  await services.jobs.load();
  if (isJobRef(arg)) {
    const record = recordOf(services, arg);
    const reason = refuse(record);
    if (reason === null) return record;
    throw new ProblemError({ code: 'job-not-fit', message: reason, action: 'Choose another job.' });
  }
  const names = new Map((await services.connections.list()).map(({ id, name }) => [id, name]));
  const now = Date.now() / 1000;
  const items = services.jobs
    .list()
    .filter((record) => names.has(record.connectionId) && refuse(record) === null)
    .map((record) => ({
      label: plainText(jobTitle(record.job, record.local.name)),
      description: plainText(`${statusLine(record, now)} · ${names.get(record.connectionId) ?? ''}`),
      detail: plainText(record.job.id),
      record,
    }));
  if (items.length === 0) {
    throw new ProblemError({ code: 'no-job', message: none, action: 'Refresh the Jobs view to look for newer ones.' });
  }
  const chosen = await services.ui.pick(items, {
    title,
    placeHolder: 'Which job?',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.record;
}
