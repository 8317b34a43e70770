import { Emitter } from '../core/emitter.ts';
import { isProviderFailure, problemOf, type Provider } from '../core/provider.ts';
import type { Problem } from '../core/result.ts';
import { isTerminal, type Job } from '../core/training/job.ts';
import type { JobRecord } from './jobRecord.ts';
import type { JobStore } from './store.ts';

export type MonitoredProvider = Pick<Provider, 'listJobs' | 'retrieveJob' | 'listEvents' | 'listCheckpoints'>;

/** Milliseconds between rounds. */
export interface Pace {
  /** After a round that brought something, while a job is under way. */
  readonly fast: number;
  /** Where the pause grows to (× 1.5 a round) while nothing new comes. */
  readonly slow: number;
  /** At least this long while nobody looks (`isVisible` says no). */
  readonly hidden: number;
  /** After failures the pause doubles up to this. */
  readonly failing: number;
  /** How often the list of jobs is read, for those started elsewhere; in between only running jobs are asked about. */
  readonly list: number;
}

/** This machine: nobody pays for a request, and a job lasts seconds. */
export const LOOPBACK_PACE: Pace = { fast: 350, slow: 1000, hidden: 2000, failing: 5000, list: 2000 };
/** A provider: jobs last minutes to hours. */
export const REMOTE_PACE: Pace = { fast: 2000, slow: 10_000, hidden: 60_000, failing: 60_000, list: 30_000 };

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

export interface JobMonitorOptions {
  readonly connectionId: string;
  /** Asked before every round, so that a server that came back elsewhere or a new key is picked up. May reject with a `Problem` carrier. */
  readonly provider: (signal: AbortSignal) => Promise<MonitoredProvider>;
  readonly store: JobStore;
  readonly pace: Pace;
  readonly isVisible?: () => boolean;
  readonly clock?: Clock;
}

export interface JobEnded {
  readonly record: JobRecord;
  /** False: it had ended before the first round, so while nobody was watching. */
  readonly seenRunning: boolean;
}

export type MonitorState =
  /** Nothing runs: no requests until `poke`. */
  'resting' | 'polling' | 'waiting' | 'disposed';

/**
 * Watches the jobs of one connection: one request after the other, never two rounds at once. Rests when no job is under way; `poke`
 * (a job was started, a view became visible, the user asked) begins a round at once. Each job's end is told once, also when it came
 * while nobody was watching.
 */
export class JobMonitor {
  readonly #options: JobMonitorOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #ended = new Emitter<JobEnded>();
  readonly #problemChanged = new Emitter<Problem | null>();
  readonly #stateChanged = new Emitter<MonitorState>();
  #state: MonitorState = 'resting';
  #problem: Problem | null = null;
  #failures = 0;
  #quietRounds = 0;
  #lastList: number | null = null;
  #firstRound = true;
  #poked = false;
  #cancelTimer: (() => void) | null = null;

  constructor(options: JobMonitorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Once a job, after its last events were stored. */
  readonly onJobEnded = this.#ended.event;
  /** A problem when the connection stops answering (once, not at every try), null when it answers again. */
  readonly onProblem = this.#problemChanged.event;
  readonly onState = this.#stateChanged.event;

  get state(): MonitorState {
    return this.#state;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Starts a round now, or right after the one under way. */
  poke(): void {
    if (this.#state === 'disposed') return;
    this.#lastList = null;
    this.#quietRounds = 0;
    if (this.#state === 'polling') {
      this.#poked = true;
      return;
    }
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    void this.#round();
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#setState('disposed');
    this.#abort.abort();
    this.#ended.dispose();
    this.#problemChanged.dispose();
    this.#stateChanged.dispose();
  }

  get #disposed(): boolean {
    return this.#abort.signal.aborted;
  }

  async #round(): Promise<void> {
    this.#setState('polling');
    // What was asked for during the last round may have come after its list was read.
    if (this.#poked) this.#lastList = null;
    this.#poked = false;
    let stop = false;
    try {
      await this.#options.store.load();
      const provider = await this.#options.provider(this.#abort.signal);
      const brought = await this.#poll(provider);
      if (this.#disposed) return;
      this.#failures = 0;
      this.#quietRounds = brought ? 0 : this.#quietRounds + 1;
      this.#firstRound = false;
      this.#report(null);
    } catch (error) {
      if (this.#disposed) return;
      this.#failures++;
      // A refused key or an empty account does not heal by asking again: wait for a poke.
      stop = isProviderFailure(error) && error.advice === 'stop';
      this.#report(problemOf(error));
    }
    this.#rest(stop);
  }

  #rest(stop: boolean): void {
    if (this.#poked) {
      void this.#round();
      return;
    }
    const active = this.#options.store.list(this.#options.connectionId).some(isUnderWay);
    if (stop || !active) {
      this.#setState('resting');
      return;
    }
    this.#cancelTimer = this.#clock.after(this.#pause(), () => {
      this.#cancelTimer = null;
      void this.#round();
    });
    this.#setState('waiting');
  }

  #pause(): number {
    const { pace, isVisible } = this.#options;
    if (this.#failures > 0) return Math.min(pace.failing, pace.fast * 2 ** Math.min(this.#failures, 16));
    const pause = Math.min(pace.slow, pace.fast * 1.5 ** Math.min(this.#quietRounds, 16));
    return isVisible && !isVisible() ? Math.max(pace.hidden, pause) : pause;
  }

  /** One round; true when something was new. */
  async #poll(provider: MonitoredProvider): Promise<boolean> {
    const { store, connectionId, pace } = this.#options;
    const options = { signal: this.#abort.signal, retries: 0 };
    const before = new Map(store.list(connectionId).map((record) => [record.job.id, record]));
    const answered = new Map<string, Job>();
    const now = this.#clock.now();
    if (this.#lastList === null || now - this.#lastList >= pace.list) {
      const { jobs } = await provider.listJobs({}, options);
      this.#lastList = now;
      for (const job of jobs) answered.set(job.id, job);
    }
    for (const record of before.values()) {
      if (!isUnderWay(record) || answered.has(record.job.id)) continue;
      try {
        answered.set(record.job.id, await provider.retrieveJob(record.job.id, options));
      } catch (error) {
        if (!isProviderFailure(error) || error.status !== 404) throw error;
        store.update(connectionId, record.job.id, { gone: true });
      }
    }
    let brought = false;
    for (const job of answered.values()) {
      if (await this.#take(provider, job, before.get(job.id))) brought = true;
      if (this.#disposed) return brought;
    }
    return brought;
  }

  async #take(provider: MonitoredProvider, job: Job, before: JobRecord | undefined): Promise<boolean> {
    const { store, connectionId } = this.#options;
    const options = { signal: this.#abort.signal, retries: 0 };
    if (!before && isOver(job)) {
      // History: shown in the list, its curve is read when somebody opens it, and nobody is told about its end.
      store.update(connectionId, job.id, { job, local: { notified: true } });
      return true;
    }
    if (before?.complete === true || (before?.local.notified === true && !before.local.startedHere && isOver(job))) {
      store.update(connectionId, job.id, { job });
      return false;
    }
    const known = new Set(before?.events.map(({ id }) => id));
    const newEvents = await provider.listEvents(job.id, { ...options, known });
    const needsCheckpoints =
      isOver(job) || newEvents.some((event) => event.metrics !== null && event.metrics.fullValidLoss !== null);
    const checkpoints = needsCheckpoints ? await provider.listCheckpoints(job.id, options) : undefined;
    const over = isOver(job);
    const ends = over && before?.local.notified !== true;
    const record = store.update(connectionId, job.id, {
      job,
      newEvents,
      gone: false,
      ...(checkpoints ? { checkpoints } : {}),
      ...(over ? { complete: true } : {}),
      ...(ends ? { local: { notified: true } } : {}),
    });
    // Stored first: a window that dies now leaves one message too few, not one at every start.
    if (ends && record) this.#ended.fire({ record, seenRunning: !this.#firstRound });
    return newEvents.length > 0 || before?.job.status !== job.status;
  }

  /** Reads the whole curve of one job, whatever its state: for jobs of the history that are opened. */
  async refresh(jobId: string): Promise<JobRecord | undefined> {
    const { store, connectionId } = this.#options;
    await store.load();
    const options = { signal: this.#abort.signal };
    const provider = await this.#options.provider(this.#abort.signal);
    const job = await provider.retrieveJob(jobId, options);
    const known = new Set(store.get(connectionId, jobId)?.events.map(({ id }) => id));
    const newEvents = await provider.listEvents(jobId, { ...options, known });
    const checkpoints = await provider.listCheckpoints(jobId, options);
    return store.update(connectionId, jobId, {
      job,
      newEvents,
      checkpoints,
      ...(isOver(job) ? { complete: true } : {}),
    });
  }

  #report(problem: Problem | null): void {
    if (problem?.code === this.#problem?.code) return;
    this.#problem = problem;
    this.#problemChanged.fire(problem);
  }

  #setState(state: MonitorState): void {
    if (this.#state === 'disposed') return;
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}

/** Over for good: a success without its model's name is still finishing. */
export function isOver(job: Job): boolean {
  return isTerminal(job.status) && (job.status !== 'succeeded' || job.fineTunedModel !== null);
}

/** Worth asking about: not over, or over without its last events. */
function isUnderWay(record: JobRecord): boolean {
  if (record.gone) return false;
  return !isOver(record.job) || (!record.complete && !record.local.notified);
}
