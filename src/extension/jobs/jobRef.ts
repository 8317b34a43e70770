import { t } from '../../core/base/messages.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import type { JobStore } from '../../jobs/store/store.ts';
import { ProblemError } from '../ui/errors.ts';

/** Argument of every job command: a tree node or the job of a panel. */
export interface JobRef {
  readonly connectionId: string;
  readonly jobId: string;
}

export function isJobRef(value: unknown): value is JobRef {
  return typeof value === 'object' && value !== null && 'connectionId' in value && 'jobId' in value;
}

/** @throws ProblemError when the argument names no known job */
export function recordOf(services: { readonly jobs: Pick<JobStore, 'get'> }, ref: unknown): JobRecord {
  const record = isJobRef(ref) ? services.jobs.get(ref.connectionId, ref.jobId) : undefined;
  if (record) return record;
  throw new ProblemError({
    code: 'no-job',
    message: t('This command works on a job of the Jobs view.'),
    action: t('Run it from the context menu of a job there.'),
  });
}
