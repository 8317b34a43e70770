import { t } from '../../../core/base/messages.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { canPause, canResume, isOwnJob, isUnderWay } from '../jobState.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { chooseJob } from './chooseJob.ts';

type ControlServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'watch' | 'ui'>;

/** Requests about a job that its provider takes. */
type Control = 'cancelJob' | 'pauseJob' | 'resumeJob';

export async function cancelJob(services: ControlServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: t('Cancel Job'),
    refuse: (job) => (!isUnderWay(job) ? t('The job has ended.') : whyForeign(job)),
    none: t('No job is in progress.'),
  });
  await control(services, record, 'cancelJob');
}

export async function pauseJob(services: ControlServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: t('Pause Job'),
    refuse: (job) => (!canPause(job) ? t('Only a running job can be paused.') : whyForeign(job)),
    none: t('No job is running.'),
  });
  await control(services, record, 'pauseJob');
}

export async function resumeJob(services: ControlServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: t('Resume Job'),
    refuse: (job) => (!canResume(job) ? t('Only a paused job can be resumed.') : whyForeign(job)),
    none: t('No job is paused.'),
  });
  await control(services, record, 'resumeJob');
}

/** Reason against changing a job that another tool started; null for the user's own jobs. */
export function whyForeign(record: JobRecord): string | null {
  return isOwnJob(record) ? null : t('Another tool started this job. Run Manage Job Here on it first.');
}

async function control(services: ControlServices, record: JobRecord, what: Control): Promise<void> {
  const { connectionId } = record;
  const connection = await services.providers.connection(connectionId);
  try {
    const provider = await services.providers.get(connectionId);
    const job = await provider[what](record.job.id);
    services.jobs.update(connectionId, job.id, { job });
  } catch (error) {
    throw withRemedy(error, connection);
  } finally {
    // Whatever the answer was, the present state is read from the provider.
    await services.watch.look(connectionId, true);
  }
}
