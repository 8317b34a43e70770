import type { Checkpoint, Job, JobEvent } from '../../core/training/job.ts';
import { jobHistory } from '../../core/training/history/eventHistory.ts';
import { type JobRecord, type LocalFacts, NO_LOCAL_FACTS } from './jobRecord.ts';

/** Update of a job by a monitor or a start; absent fields stay as they were. */
export interface JobUpdate {
  readonly job?: Job;
  /** New events, newest first; known ones are ignored. */
  readonly newEvents?: readonly JobEvent[];
  readonly checkpoints?: readonly Checkpoint[];
  readonly local?: Partial<LocalFacts>;
  readonly complete?: boolean;
  readonly gone?: boolean;
  /** Fencing token of the poller that asked the provider: updates of an earlier poller are ignored. */
  readonly fence?: number;
}

/** Update without its events, which are kept apart: they happened, also when the poller that read them was replaced. */
export interface TimedUpdate extends Omit<JobUpdate, 'newEvents'> {
  /** Unix milliseconds. */
  readonly seenAt: number;
}

/** Applies the update to a record; the events stay the same object. Undefined when neither has a job. */
export function applyUpdate(
  connectionId: string,
  before: JobRecord | undefined,
  update: TimedUpdate,
): JobRecord | undefined {
  const job = update.job ?? before?.job;
  if (!job) return undefined;
  const { events, curve } = before ?? jobHistory();
  return {
    connectionId,
    job,
    events,
    curve,
    checkpoints: update.checkpoints ?? before?.checkpoints ?? [],
    local: { ...(before?.local ?? NO_LOCAL_FACTS), ...update.local },
    complete: update.complete ?? before?.complete ?? false,
    gone: update.gone ?? before?.gone ?? false,
    seenAt: update.seenAt,
  };
}

/** Combines two updates into one. */
export function combine(first: TimedUpdate | null, second: TimedUpdate): TimedUpdate {
  if (!first) return second;
  return {
    ...first,
    ...second,
    ...(first.local || second.local ? { local: { ...first.local, ...second.local } } : {}),
  };
}

/**
 * Returns the part of an update that still applies after another process rewrote the record. Facts of the user count; those of the
 * provider count by age, and not at all when a later poller has taken over since.
 */
export function rebase(update: TimedUpdate, other: JobRecord, otherFence: number): TimedUpdate {
  const { local, fence } = update;
  const isStale = (fence !== undefined && fence < otherFence) || update.seenAt < other.seenAt;
  return isStale ? { seenAt: other.seenAt, ...(local ? { local } : {}) } : update;
}

export function sameExceptSeen(a: JobRecord, b: JobRecord): boolean {
  return (
    a.complete === b.complete &&
    a.gone === b.gone &&
    JSON.stringify([a.job, a.checkpoints, a.local]) === JSON.stringify([b.job, b.checkpoints, b.local])
  );
}
