import type { JobEvent } from '../../core/training/job.ts';
import type { JobRecord } from './jobRecord.ts';

/** Change of one job. */
export interface JobChange {
  readonly connectionId: string;
  readonly jobId: string;
  /** Undefined: the job was removed. */
  readonly record: JobRecord | undefined;
  readonly added: boolean;
  /** Newest first. Those of a job that was just read from the disk are not among them: `added` tells. */
  readonly newEvents: readonly JobEvent[];
  /** Steps that are new or have other figures than before. */
  readonly changedSteps: ReadonlySet<number>;
}
