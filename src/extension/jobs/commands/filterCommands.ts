import { t } from '../../../core/base/messages.ts';
import { count } from '../../../core/base/numbers.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { NO_FILTER, type JobFilter } from '../../../core/training/jobFilter.ts';
import { Cancelled } from '../../ui/errors.ts';
import type { Services } from '../../services.ts';
import type { JobsTree } from '../tree/jobsTree.ts';

type FilterServices = Pick<Services, 'jobs' | 'ui'>;
type Tree = Pick<JobsTree, 'filter' | 'setFilter'>;

/** Asks for statuses, then for words. */
export async function filterJobs({ jobs, ui }: FilterServices, tree: Tree): Promise<void> {
  await jobs.load();
  const counts = new Map<string, number>();
  for (const { job } of jobs.list()) counts.set(job.status, (counts.get(job.status) ?? 0) + 1);
  const { statuses, text } = tree.filter;
  const chosen = await ui.pickMany(
    [...counts].sort().map(([status, number]) => ({
      label: untrustedText(status, [], 40).replaceAll('_', ' '),
      description: count(number),
      picked: statuses === null || statuses.includes(status),
      status,
    })),
    {
      title: t('Filter Jobs'),
      placeHolder: t('Show jobs with these statuses'),
    },
  );
  if (!chosen) throw new Cancelled();
  const words = await ui.input({
    title: t('Filter Jobs'),
    prompt: t('Words in the name, model, IDs or metadata of a job. Leave empty to show all.'),
    value: text,
  });
  if (words === undefined) throw new Cancelled();
  // An empty selection means the same as all.
  const all = chosen.length === 0 || chosen.length === counts.size;
  tree.setFilter({ ...tree.filter, statuses: all ? null : chosen.map(({ status }) => status), text: words });
}

export function clearJobFilter(tree: Tree): void {
  tree.setFilter({ ...NO_FILTER, withHidden: tree.filter.withHidden });
}

export function showHiddenJobs(tree: Tree, withHidden: JobFilter['withHidden']): void {
  tree.setFilter({ ...tree.filter, withHidden });
}
