import { t } from '../../core/base/messages.ts';
import { problemOf } from '../../core/provider/failure.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import type { Provider } from '../../core/provider/api.ts';
import type { Job } from '../../core/training/job.ts';
import { SWEEP_KEY, SWEEP_RUNS_KEY } from '../../core/training/sweep/sweepMetadata.ts';
import { BEAT_MS, Candidate, type Lease } from '../../storage/lease.ts';
import { newIntentId } from '../start/intentJournal.ts';
import { intentState } from '../start/intentState.ts';
import { dismissStart, LOOK_FOR_LOST_MS, resumeStart } from '../start/recovery.ts';
import type { SagaProvider, StartedJob, StartJobDeps, StartJobInput } from '../start/startContract.ts';
import { startJob } from '../start/startJob.ts';
import type { JobStore } from '../store/store.ts';
import { endOfJob } from '../watch/endOfJob.ts';
import { closeSweep, readSweep, sweepLease, writeSweep, type SweepRecord, type SweepRun } from './sweepRecord.ts';

export interface SweepDeps {
  readonly folder: string;
  readonly provider: (connectionId: string) => Promise<SagaProvider & Pick<Provider, 'cancelJob'>>;
  readonly jobs: Pick<JobStore, 'get' | 'onDidChange' | 'update' | 'flush'>;
  /** Looks at the jobs of a connection now, and keeps looking while one is in progress. */
  readonly look: (connectionId: string) => Promise<void>;
  /** Cancels the sweep: the run that goes on, too. */
  readonly signal: AbortSignal;
  readonly onChange?: (sweep: SweepRecord) => void;
  /** Parts of a start that only tests set. */
  readonly start?: Pick<StartJobDeps, 'sleep' | 'reconcileDelaysMs' | 'failpoint'>;
  /** For tests only: called at every named point, where a process may be killed. */
  readonly failpoint?: (name: string) => void;
}

/**
 * Runs what is left of a sweep, one run after the other or all together, each started by the usual saga: a run that was begun before is
 * looked for, never started twice. A run that fails, or whose start is refused, does not end the sweep.
 * @returns the sweep when it is over; null when another process runs it, or when there is no such sweep
 * @throws the system's error when the record cannot be written
 */
export async function runSweep(id: string, deps: SweepDeps): Promise<SweepRecord | null> {
  const { folder } = deps;
  const lease = await new Candidate(sweepLease(folder, id)).tryAcquire();
  if (!lease) return null;
  const beat = setInterval(() => void lease.beat().catch(() => false), BEAT_MS);
  beat.unref();
  try {
    const sweep = await readSweep(folder, id);
    if (sweep === null) {
      await closeSweep(folder, id);
      return null;
    }
    const course = new Course(sweep, deps, lease);
    if (sweep.state === 'running') await course.run();
    await closeSweep(folder, id);
    return course.sweep;
  } finally {
    clearInterval(beat);
    await lease.release();
  }
}

class Course {
  sweep: SweepRecord;
  readonly #deps: SweepDeps;
  readonly #lease: Lease;
  #written: Promise<void> = Promise.resolve();

  constructor(sweep: SweepRecord, deps: SweepDeps, lease: Lease) {
    this.sweep = sweep;
    this.#deps = deps;
    this.#lease = lease;
  }

  async run(): Promise<void> {
    const { signal } = this.#deps;
    const ends: Promise<void>[] = [];
    for (const index of this.sweep.runs.keys()) {
      if (this.#at(index).end !== null) continue;
      if (signal.aborted && this.#at(index).intentId === null) {
        await this.#change(index, { end: 'canceled' });
        continue;
      }
      // Starts come one after the other also where the runs train together: each is a saga of its own.
      const jobId = await this.#begin(index);
      const end = jobId === null ? Promise.resolve() : this.#follow(index, jobId);
      if (this.sweep.together === true) {
        ends.push(end);
        // It is waited for below, which may be long after it has failed.
        end.catch(() => undefined);
      } else await end;
      this.#deps.failpoint?.(`ended ${String(index)}`);
    }
    await Promise.all(ends);
    await this.#write((sweep) => ({ ...sweep, state: signal.aborted ? 'canceled' : 'ended' }));
  }

  /** Id of the job of a run; null where its start was refused. */
  async #begin(index: number): Promise<string | null> {
    const started = await this.#started(index);
    if (!started.ok) {
      const { code, message } = started.error;
      await this.#change(index, { end: code === 'cancelled' ? 'canceled' : 'refused', reason: message });
      return null;
    }
    const { id: jobId } = started.value;
    await this.#change(index, { jobId });
    this.#deps.failpoint?.(`created ${String(index)}`);
    return jobId;
  }

  async #follow(index: number, jobId: string): Promise<void> {
    const { connectionId } = this.sweep.base;
    await this.#deps.look(connectionId);
    const job = await this.#end(connectionId, jobId);
    await this.#change(index, {
      end: job?.status ?? 'removed',
      reason: job?.error ? untrustedText(job.error.message) : null,
    });
  }

  /** Job of a run: the one that it has, the one that its start made or may have made, or a new one. */
  async #started(index: number): Promise<Result<Job>> {
    const { folder, jobs, signal, start } = this.#deps;
    const { connectionId } = this.sweep.base;
    const { jobId, intentId: before } = this.#at(index);
    const known = jobId === null ? undefined : jobs.get(connectionId, jobId);
    if (known) return ok(known.job);
    const intentId = before ?? newIntentId();
    if (before === null) await this.#change(index, { intentId });
    this.#deps.failpoint?.(`noted ${String(index)}`);
    let saga: StartJobDeps;
    try {
      saga = { provider: await this.#deps.provider(connectionId), folder, jobs, signal, ...start };
    } catch (error) {
      return fail(problemOf(error));
    }
    const { planned } = await intentState(folder, intentId);
    const result = planned ? await this.#resumed(intentId, saga) : await startJob(this.#input(index, intentId), saga);
    return result.ok ? ok(result.value.job) : result;
  }

  /** Goes on with an interrupted start; one that was canceled in the middle, and has surely made no job, is given up. */
  async #resumed(intentId: string, saga: StartJobDeps): Promise<Result<StartedJob>> {
    const { stage } = await intentState(this.#deps.folder, intentId);
    if (this.#deps.signal.aborted && ['planned', 'uploading', 'uploaded'].includes(stage)) {
      await dismissStart(intentId, { folder: this.#deps.folder });
      return fail({ code: 'cancelled', message: t('It was canceled before it began.'), action: t('Start it again.') });
    }
    return resumeStart(intentId, saga, { lookDelaysMs: this.#deps.start?.reconcileDelaysMs ?? LOOK_FOR_LOST_MS });
  }

  #input(index: number, intentId: string): StartJobInput {
    const { base, id, name, runs, together } = this.sweep;
    const { rate, rank, epochs } = this.#at(index).settings;
    const { hyperparameters, advanced } = base.method;
    return {
      ...base,
      intentId,
      name: t('{0}, run {1} of {2}', name, index + 1, runs.length),
      method: {
        ...base.method,
        hyperparameters: { ...hyperparameters, n_epochs: epochs, learning_rate_multiplier: rate },
        // Updates stay as large with another rank, unless the user chose the factor.
        ...(rank === null ? {} : { advanced: { lora_alpha: 2 * rank, ...advanced, lora_rank: rank } }),
      },
      metadata: {
        ...base.metadata,
        [SWEEP_KEY]: id,
        ...(together === true ? { [SWEEP_RUNS_KEY]: String(runs.length) } : {}),
      },
      // One notification tells the end of all, not one each.
      local: { ...base.local, notified: true },
    };
  }

  async #end(connectionId: string, jobId: string): Promise<Job | null> {
    const { jobs, signal } = this.#deps;
    const never = new AbortController().signal;
    try {
      return await endOfJob(jobs, { connectionId, jobId }, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    try {
      const job = await (await this.#deps.provider(connectionId)).cancelJob(jobId);
      jobs.update(connectionId, jobId, { job });
    } catch {
      // It has just ended, or is not reached: what it becomes is read below.
    }
    await this.#deps.look(connectionId);
    return endOfJob(jobs, { connectionId, jobId }, never);
  }

  #at(index: number): SweepRun {
    const run = this.sweep.runs[index];
    if (!run) throw new RangeError('There is no such run.');
    return run;
  }

  async #change(index: number, change: Partial<SweepRun>): Promise<void> {
    await this.#write((sweep) => ({
      ...sweep,
      runs: sweep.runs.map((run, at) => (at === index ? { ...run, ...change } : run)),
    }));
  }

  /** One change after the other: runs that train together end whenever they do. A change that could not be written fails those after it. */
  #write(change: (sweep: SweepRecord) => SweepRecord): Promise<void> {
    this.#written = this.#written.then(async () => {
      const sweep = change(this.sweep);
      await writeSweep(this.#deps.folder, sweep, this.#lease);
      this.sweep = sweep;
      this.#deps.onChange?.(sweep);
    });
    return this.#written;
  }
}
