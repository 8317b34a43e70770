import type { Provider } from '../../core/provider/api.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { isTerminal, type Checkpoint, type Job } from '../../core/training/job.ts';
import type { JobRecord } from '../store/jobRecord.ts';
import type { Shown } from './leadership.ts';
import { type Pace, PollBudget } from './pace.ts';
import { storeOldest } from './portions.ts';
import type { JobUpdate } from '../store/recordUpdate.ts';
import type { JobStore } from '../store/store.ts';

export type MonitoredProvider = Pick<Provider, 'listJobs' | 'retrieveJob' | 'listEvents' | 'listCheckpoints'>;

export interface PollerOptions {
  readonly connectionId: string;
  readonly store: JobStore;
  readonly pace: Pace;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Puts an answer into the store; rejects when another window has taken over meanwhile. */
  readonly say: (jobId: string, update: JobUpdate) => Promise<JobRecord | undefined>;
  readonly ended: (record: JobRecord) => void;
}

export interface RoundOptions {
  readonly list: boolean;
  readonly shown: Shown;
  /** Below 1 after the provider asked to slow down. */
  readonly share: number;
}

/** Makes the requests of one round, one after the other, and stores the answers. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #budget: PollBudget;
  readonly #askedAt = new Map<string, number>();

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#budget = new PollBudget(options.pace.budget, options.now);
  }

  /** Makes one round; true when something was new. */
  async round(provider: MonitoredProvider, { list, shown, share }: RoundOptions): Promise<boolean> {
    const { store, connectionId, pace, now } = this.#options;
    const before = new Map(store.list(connectionId).map((record) => [record.job.id, record]));
    const underWay = [...before.values()].filter(isUnderWay);
    const isShown = (id: string): boolean => shown === 'all' || shown.has(id);
    const allowed = (id: string): boolean => this.#budget.take(id, isShown(id), share);
    const answered = new Map<string, Job>();
    let brought = false;
    if (list && underWay.every(({ job }) => allowed(job.id))) {
      for (const job of (await provider.listJobs({}, this.#calls)).jobs) answered.set(job.id, job);
    }
    for (const { job } of underWay) {
      if (answered.has(job.id)) this.#askedAt.set(job.id, now());
      else if (pace.budget === null || this.#isDue(job.id, isShown(job.id), share)) {
        if (allowed(job.id)) await this.#retrieve(provider, job.id, answered);
      } else if (isShown(job.id) && allowed(job.id)) {
        // Between two requests for its status only its events are read; they show when the status may have changed.
        const newEvents = await provider.listEvents(job.id, { ...this.#calls, ...knownTo(before.get(job.id)) });
        if (newEvents.length > 0) {
          brought = true;
          const newest = await storeOldest(newEvents, (portion) => this.#options.say(job.id, { newEvents: portion }));
          await this.#options.say(job.id, { newEvents: newest });
          if (newEvents.some(({ type }) => type !== 'metrics') && allowed(job.id)) {
            await this.#retrieve(provider, job.id, answered);
          }
        }
      }
    }
    for (const job of answered.values()) {
      const record = store.get(connectionId, job.id);
      if (await this.#take(provider, job, record, isShown(job.id), allowed)) brought = true;
    }
    return brought;
  }

  /** Reads the whole curve of one job in any state: for opened jobs of the history. */
  async refresh(provider: MonitoredProvider, jobId: string): Promise<JobRecord | undefined> {
    const { store, connectionId, signal } = this.#options;
    let job: Job;
    try {
      job = await provider.retrieveJob(jobId, { signal });
    } catch (error) {
      if (!isGone(error)) throw error;
      return store.update(connectionId, jobId, { gone: true });
    }
    const before = store.get(connectionId, jobId);
    const newEvents = await provider.listEvents(jobId, { signal, ...knownTo(before) });
    const checkpoints = await this.#checkpoints(provider, jobId);
    const newest = await storeOldest(newEvents, (portion) =>
      store.update(connectionId, jobId, { job, newEvents: portion }),
    );
    return store.update(connectionId, jobId, {
      job,
      newEvents: newest,
      gone: false,
      ...(checkpoints ? { checkpoints } : {}),
      // A complete job is not looked at again: an end that was not reported yet is left to the next round.
      ...(isOver(job) && before?.local.notified !== false ? { complete: true } : {}),
    });
  }

  get #calls(): { readonly signal: AbortSignal; readonly retries: 0 } {
    return { signal: this.#options.signal, retries: 0 };
  }

  /** Tells whether a status is due: as often as the list would show it; less often for a job that no window shows. */
  #isDue(jobId: string, shown: boolean, share: number): boolean {
    const { now, pace } = this.#options;
    const at = this.#askedAt.get(jobId);
    return at === undefined || now() - at >= (shown ? pace.list : pace.hidden) / share;
  }

  async #retrieve(provider: MonitoredProvider, jobId: string, answered: Map<string, Job>): Promise<void> {
    this.#askedAt.set(jobId, this.#options.now());
    try {
      answered.set(jobId, await provider.retrieveJob(jobId, this.#calls));
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.#options.say(jobId, { gone: true });
    }
  }

  async #take(
    provider: MonitoredProvider,
    job: Job,
    before: JobRecord | undefined,
    shown: boolean,
    allowed: (id: string) => boolean,
  ): Promise<boolean> {
    const { pace, say, ended } = this.#options;
    const over = isOver(job);
    if (!before && over) {
      // History: shown in the list, its curve is read when it is opened, and its end is not reported.
      await say(job.id, { job, local: { notified: true } });
      return true;
    }
    if (before?.complete === true || (before?.local.notified === true && !before.local.startedHere && over)) {
      await say(job.id, { job });
      return false;
    }
    if (!over && pace.budget !== null && !(shown && allowed(job.id))) {
      await say(job.id, { job, gone: false });
      return before?.job.status !== job.status;
    }
    const newEvents = await provider.listEvents(job.id, { ...this.#calls, ...knownTo(before) });
    const epochEnded = newEvents.some((event) => event.metrics !== null && event.metrics.fullValidLoss !== null);
    const checkpoints = over || (epochEnded && allowed(job.id)) ? await this.#checkpoints(provider, job.id) : null;
    const ends = over && before?.local.notified !== true;
    const newest = await storeOldest(newEvents, (portion) => say(job.id, { job, newEvents: portion }));
    const record = await say(job.id, {
      job,
      newEvents: newest,
      gone: false,
      ...(checkpoints ? { checkpoints } : {}),
      ...(over ? { complete: true } : {}),
      ...(ends ? { local: { notified: true } } : {}),
    });
    if (over) {
      this.#budget.forget(job.id);
      this.#askedAt.delete(job.id);
    }
    // Stored first: a window that dies now leaves one notification too few, not one at every start.
    if (ends && record) ended(record);
    return newEvents.length > 0 || before?.job.status !== job.status;
  }

  /** Reads the checkpoints; null where there are none: not every provider has them. */
  async #checkpoints(provider: MonitoredProvider, jobId: string): Promise<readonly Checkpoint[] | null> {
    try {
      return await provider.listCheckpoints(jobId, this.#calls);
    } catch (error) {
      if (isGone(error) || (isProviderFailure(error) && error.status === 405)) return null;
      throw error;
    }
  }
}

/** Events that need not be read again. */
function knownTo(record: JobRecord | undefined): { readonly known?: JobRecord['events'] } {
  return record ? { known: record.events } : {};
}

/** Tells whether the provider itself does not know the job; a page of a proxy that says so proves nothing. */
function isGone(error: unknown): boolean {
  return isProviderFailure(error) && error.status === 404 && error.outcome === 'refused';
}

/** Tells whether a job has ended for good: a success without its model's name is still finishing. */
export function isOver(job: Job): boolean {
  return isTerminal(job.status) && (job.status !== 'succeeded' || job.fineTunedModel !== null);
}

/** Tells whether a job is worth a request: not ended, or ended without its last events. */
export function isUnderWay(record: JobRecord): boolean {
  if (record.gone) return false;
  return !isOver(record.job) || (!record.complete && !record.local.notified);
}
