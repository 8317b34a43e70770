import type { Checkpoint, Job, JobEvent } from '../../core/training/job.ts';
import { metricSeries } from '../../core/training/curves/series.ts';
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

export interface TimedUpdate extends JobUpdate {
  /** Unix milliseconds. */
  readonly seenAt: number;
}

/** Applies the update to a record. Undefined when neither has a job. */
export function applyUpdate(
  connectionId: string,
  before: JobRecord | undefined,
  update: TimedUpdate,
): JobRecord | undefined {
  const job = update.job ?? before?.job;
  if (!job) return undefined;
  const known = new Set(before?.events.map(({ id }) => id));
  const newEvents = (update.newEvents ?? []).filter(({ id }) => !known.has(id));
  const events = newEvents.length > 0 ? mergeEvents(newEvents, before?.events ?? []) : (before?.events ?? []);
  return {
    connectionId,
    job,
    events,
    metrics: newEvents.some((event) => event.metrics) ? metricSeries(events) : (before?.metrics ?? []),
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
  const newEvents = [...(second.newEvents ?? []), ...(first.newEvents ?? [])];
  return {
    ...first,
    ...second,
    ...(newEvents.length > 0 ? { newEvents } : {}),
    ...(first.local || second.local ? { local: { ...first.local, ...second.local } } : {}),
  };
}

/**
 * Returns the part of an update that still applies after another process rewrote the record. Facts of the user count; those of the
 * provider count by age, and not at all when a later poller has taken over since.
 */
export function rebase(update: TimedUpdate, other: JobRecord, otherFence: number): TimedUpdate {
  const { local, fence, newEvents } = update;
  const own = { seenAt: other.seenAt, ...(local ? { local } : {}) };
  if (fence !== undefined && fence < otherFence) return own;
  if (update.seenAt < other.seenAt) return { ...own, ...(newEvents ? { newEvents } : {}) };
  return update;
}

export function sameExceptSeen(a: JobRecord, b: JobRecord): boolean {
  return (
    (a.events === b.events ||
      (a.events.length === b.events.length && a.events.every(({ id }, index) => id === b.events[index]?.id))) &&
    a.complete === b.complete &&
    a.gone === b.gone &&
    JSON.stringify([a.job, a.checkpoints, a.local]) === JSON.stringify([b.job, b.checkpoints, b.local])
  );
}

/** Merges events, newest first, each id once; events of one second keep the provider's order. */
function mergeEvents(newer: readonly JobEvent[], older: readonly JobEvent[]): readonly JobEvent[] {
  const ids = new Set<string>();
  const merged = [...newer, ...older].filter(({ id }) => !ids.has(id) && ids.add(id));
  return merged.sort((a, b) => b.createdAt - a.createdAt);
}
