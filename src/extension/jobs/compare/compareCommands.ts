import { t } from '../../../core/base/messages.ts';
import { jobTitle, statusLine } from '../../../core/training/words/describe.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Services } from '../../services.ts';
import { isJobRef, type JobRef } from '../jobRef.ts';

type CompareServices = Pick<Services, 'jobs' | 'connections' | 'ui' | 'panels'>;

/** Jobs in one chart: more lines could not be told apart, although colors and dashes repeat. */
export const MOST_COMPARED = 24;

/**
 * Opens the curves of several jobs in one chart. Called with a list of jobs (the Jobs table), with the nodes of the Jobs view (the
 * clicked one and all selected), or without (palette); one job or none leads to a list with check boxes.
 */
export async function compareCharts(services: CompareServices, args: readonly unknown[]): Promise<void> {
  await services.jobs.load();
  const [clicked, selected] = args;
  const given = Array.isArray(clicked) ? clicked : Array.isArray(selected) ? selected : [clicked];
  const refs = given.filter(isJobRef).map(({ connectionId, jobId }) => ({ connectionId, jobId }));
  const jobs = refs.length >= 2 ? refs : await chooseJobs(services, refs[0] ?? null);
  if (jobs.length < 2) {
    throw new ProblemError({
      code: 'one-job',
      message: t('Curves are compared between two jobs or more.'),
      action: t('Select at least two jobs.'),
    });
  }
  if (jobs.length > MOST_COMPARED) {
    throw new ProblemError({
      code: 'many-jobs',
      message: t('{0} jobs are too many for one chart; {1} are possible.', jobs.length, MOST_COMPARED),
      action: t('Select fewer jobs.'),
    });
  }
  await services.panels.compareCharts(jobs);
}

async function chooseJobs(services: CompareServices, checked: JobRef | null): Promise<readonly JobRef[]> {
  const names = new Map((await services.connections.list()).map(({ id, name }) => [id, name]));
  const now = Date.now() / 1000;
  const items = services.jobs
    .list()
    .filter(({ connectionId }) => names.has(connectionId))
    .map((record) => ({
      label: plainText(jobTitle(record.job, record.local.name)),
      description: plainText(`${statusLine(record, now)} · ${names.get(record.connectionId) ?? ''}`),
      detail: plainText(record.job.id),
      picked: checked?.jobId === record.job.id && checked.connectionId === record.connectionId,
      ref: { connectionId: record.connectionId, jobId: record.job.id },
    }));
  if (items.length < 2) {
    throw new ProblemError({
      code: 'no-job',
      message: t('There are fewer than two jobs to compare.'),
      action: t('Refresh the Jobs view to look for newer jobs.'),
    });
  }
  const chosen = await services.ui.pickMany(items, {
    title: t('Compare Charts'),
    placeHolder: t('Which jobs?'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.map(({ ref }) => ref);
}
