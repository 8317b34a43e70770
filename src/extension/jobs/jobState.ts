import { INTENT_KEY, NAME_KEY } from '../../jobs/start/startContract.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { isImported } from '../../core/training/imported.ts';
import { isTerminal } from '../../core/training/job.ts';
import { jobCost } from '../../core/training/jobCost.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import { priceOverrides } from '../config.ts';
import { priceTable } from '../../core/cost/prices.ts';

/** Whether Tuning Fork started or imported the job (here or elsewhere) or the user chose to manage it here: only such a job is changed from here. */
export function isOwnJob({ job, local }: Pick<JobRecord, 'job' | 'local'>): boolean {
  return (
    local.startedHere || local.adopted || INTENT_KEY in job.metadata || NAME_KEY in job.metadata || isImported(job)
  );
}

/** Cost of the job as far as it is known, by the user's prices where they are set. */
export function costOf(
  { job }: JobRecord,
  connection: Pick<Connection, 'kind' | 'baseUrl'> | undefined,
): number | null {
  return connection === undefined ? null : jobCost(job, connection, priceTable(priceOverrides()));
}

export function isUnderWay({ job, gone }: JobRecord): boolean {
  return !gone && !isTerminal(job.status);
}

export function canPause({ job, gone }: JobRecord): boolean {
  return !gone && job.status === 'running';
}

export function canResume({ job, gone }: JobRecord): boolean {
  return !gone && job.status === 'paused';
}
