import { changedMetricPoints } from '../../core/training/curves/series.ts';
import type { JobEvent, MetricPoint } from '../../core/training/job.ts';
import type { JobRecord } from './jobRecord.ts';

/** Change of one job. */
export interface JobChange {
  readonly connectionId: string;
  readonly jobId: string;
  /** Undefined: the job was removed. */
  readonly record: JobRecord | undefined;
  readonly added: boolean;
  /** Newest first. */
  readonly newEvents: readonly JobEvent[];
  /** Points that are new or have other figures than before. */
  readonly changedMetrics: readonly MetricPoint[];
}

/** Compares `record` with `before`; undefined when the job was not known. */
export function changeOf(before: JobRecord | undefined, record: JobRecord): JobChange {
  const known = new Set(before?.events.map(({ id }) => id));
  return {
    connectionId: record.connectionId,
    jobId: record.job.id,
    record,
    added: before === undefined,
    newEvents: record.events.filter(({ id }) => !known.has(id)),
    changedMetrics: changedMetricPoints(before?.metrics ?? [], record.metrics),
  };
}
