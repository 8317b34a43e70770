import { jobTitle } from '../../../core/training/words/describe.ts';
import { Cancelled } from '../../ui/errors.ts';
import { isOwnJob } from '../jobState.ts';
import type { Services } from '../../services.ts';
import { chooseJob } from './chooseJob.ts';

type LocalServices = Pick<Services, 'jobs' | 'connections' | 'ui'>;

/** A hidden job stays where it is, at the provider and on this machine; the tree shows it only when hidden jobs are asked for. */
export async function hideJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: 'Hide a Job',
    refuse: ({ local }) => (local.hidden ? 'The job is hidden already.' : null),
    none: 'There is no job to hide.',
  });
  services.jobs.update(record.connectionId, record.job.id, { local: { hidden: true } });
}

export async function unhideJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: 'Show a Hidden Job',
    refuse: ({ local }) => (local.hidden ? null : 'The job is not hidden.'),
    none: 'No job is hidden.',
  });
  services.jobs.update(record.connectionId, record.job.id, { local: { hidden: false } });
}

/** Another name on this machine only. */
export async function renameJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, { title: 'Rename a Job', none: 'There is no job to rename.' });
  const { job, local } = record;
  const given = jobTitle(job, null);
  const name = await services.ui.input({
    title: 'Rename Job',
    prompt: `The name is kept on this machine; the provider's own stays as it is. Empty: ${given}`,
    value: jobTitle(job, local.name),
    validateInput: (value) => (value.trim().length > 80 ? 'At most 80 characters.' : null),
  });
  if (name === undefined) throw new Cancelled();
  services.jobs.update(record.connectionId, job.id, { local: { name: name.trim() === '' ? null : name.trim() } });
}

/** A job of another tool is only shown; taken over, it can be paused and cancelled from here as well. */
export async function adoptJob(services: LocalServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: 'Take Over a Job',
    refuse: (job) => (isOwnJob(job) ? 'The job is handled from here already.' : null),
    none: 'No job of another tool is known.',
  });
  services.jobs.update(record.connectionId, record.job.id, { local: { adopted: true } });
}
