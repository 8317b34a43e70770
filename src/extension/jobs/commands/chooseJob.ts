import { t } from '../../../core/base/messages.ts';
import { jobTitle, statusLine } from '../../../core/training/words/describe.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Services } from '../../services.ts';
import { isJobRef, recordOf } from '../jobRef.ts';

export interface JobQuestion {
  /** Title of the list. */
  readonly title: string;
  /** Null when the job qualifies, else the reason against it: one sentence. */
  readonly refuse?: (record: JobRecord) => string | null;
  /** Message when no job qualifies. */
  readonly none: string;
}

/**
 * Returns the job a command was called on (a node of the tree, a panel), or lets the user choose one: every command works from the
 * palette too.
 * @throws ProblemError when the job it was called on does not qualify, or when there is none
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
    throw new ProblemError({ code: 'job-not-fit', message: reason, action: t('Choose another job.') });
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
    throw new ProblemError({
      code: 'no-job',
      message: none,
      action: t('Refresh the Jobs view to look for newer jobs.'),
    });
  }
  const chosen = await services.ui.pick(items, {
    title,
    placeHolder: t('Which job?'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.record;
}
