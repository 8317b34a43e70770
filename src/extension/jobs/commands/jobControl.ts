import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { canPause, canResume, isOwnJob, isUnderWay } from '../jobState.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { chooseJob } from './chooseJob.ts';

type ControlServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'watch' | 'ui'>;

/** What can be asked of a job at its provider. */
type Control = 'cancelJob' | 'pauseJob' | 'resumeJob';

export async function cancelJob(services: ControlServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: 'Cancel a Job',
    refuse: (job) => (!isUnderWay(job) ? 'The job has ended.' : foreign(job)),
    none: 'No job is under way.',
  });
  await control(services, record, 'cancelJob');
}

export async function pauseJob(services: ControlServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: 'Pause a Job',
    refuse: (job) => (!canPause(job) ? 'Only a job that is running can be paused.' : foreign(job)),
    none: 'No job is running.',
  });
  await control(services, record, 'pauseJob');
}

export async function resumeJob(services: ControlServices, arg: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: 'Resume a Job',
    refuse: (job) => (!canResume(job) ? 'Only a paused job can be resumed.' : foreign(job)),
    none: 'No job is paused.',
  });
  await control(services, record, 'resumeJob');
}

function foreign(record: JobRecord): string | null {
  return isOwnJob(record) ? null : 'The job was started with another tool; take it over first.';
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
    // Whatever was answered: what is so now is asked for.
    await services.watch.look(connectionId, true);
  }
}
