import { t } from '../../../core/base/messages.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import { Cancelled } from '../../ui/errors.ts';
import { isOwnJob } from '../jobState.ts';
import type { Services } from '../../services.ts';
import { chooseJob } from './chooseJob.ts';

type LocalServices = Pick<Services, 'jobs' | 'connections' | 'ui'>;

/** Hides a job from the tree until hidden jobs are shown; at the provider and on this machine the job stays as it is. */
export async function hideJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: t('Hide Job'),
    refuse: ({ local }) => (local.hidden ? t('The job is already hidden.') : null),
    none: t('There is no job to hide.'),
  });
  services.jobs.update(record.connectionId, record.job.id, { local: { hidden: true } });
}

export async function unhideJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: t('Unhide Job'),
    refuse: ({ local }) => (local.hidden ? null : t('The job is not hidden.')),
    none: t('No job is hidden.'),
  });
  services.jobs.update(record.connectionId, record.job.id, { local: { hidden: false } });
}

/** Gives a job another name, on this machine only. */
export async function renameJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: t('Rename Job'),
    none: t('There is no job to rename.'),
  });
  const { job, local } = record;
  const given = jobTitle(job, null);
  const name = await services.ui.input({
    title: t('Rename Job'),
    prompt: t('The name is kept on this machine only. Leave empty to use the original name: {0}', given),
    value: jobTitle(job, local.name),
    validateInput: (value) => (value.trim().length > 80 ? t('Enter 80 characters at most.') : null),
  });
  if (name === undefined) throw new Cancelled();
  services.jobs.update(record.connectionId, job.id, { local: { name: name.trim() === '' ? null : name.trim() } });
}

/** Lets a job that another tool started be paused and canceled from here; until then it is only shown. */
export async function adoptJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: t('Manage Job Here'),
    refuse: (job) => (isOwnJob(job) ? t('The job is already managed here.') : null),
    none: t('No job from another tool is known.'),
  });
  services.jobs.update(record.connectionId, record.job.id, { local: { adopted: true } });
}
