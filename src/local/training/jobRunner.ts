import { advancedInWords } from '../../core/training/words/advancedText.ts';
import { stopsEarly } from '../../core/training/earlyStop.ts';
import { clusterSweepOf } from '../../core/training/sweep/sweepMetadata.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import { internal, isFinished, JobRecorder } from './jobRecorder.ts';
import { TrainingClock } from './trainingClock.ts';
import { orderedMethod, withHyperparameters } from './method.ts';
import type { JobRecord } from '../server/records.ts';
import type { Store } from '../server/store.ts';
import type { TrainingThread } from './trainingThread.ts';
import type { TrainingReport } from './trainingMessages.ts';
import { isLast } from './trainingMessages.ts';
import type { WireError } from '../server/wire.ts';

interface Progress {
  readonly startedAt: number;
  /** Steps made before this start. */
  readonly from: number;
  readonly total: number;
  step: number;
  readonly clock: TrainingClock;
}

/**
 * Takes jobs through their states, one training at a time, in a thread beside the server's own. The runs of a sweep that a cluster trains
 * are started together: the cluster decides how many train beside each other.
 */
export class JobRunner {
  readonly #store: Store;
  readonly #engines: EngineHost;
  readonly #recorder: JobRecorder;
  readonly #checking = new Map<string, TrainingThread>();
  readonly #queue: string[] = [];
  readonly #progress = new Map<string, Progress>();
  /** Called when a pause has been carried out, or has come too late. */
  readonly #pausing = new Map<string, (() => void)[]>();
  readonly #running = new Map<string, TrainingThread>();
  readonly #starting = new Set<string>();
  #closed = false;

  constructor(store: Store, engines: EngineHost) {
    this.#store = store;
    this.#engines = engines;
    this.#recorder = new JobRecorder(store, engines);
    for (const record of store.jobs.values()) {
      const { status, id } = record.job;
      if (status === 'running') this.#interrupted(record);
      // Waiting after a pause: its files were looked at before.
      else if (status === 'queued' && record.resume !== null) this.#enqueue(id);
      // Nothing had begun: they simply take their turn again.
      else if (status !== 'paused' && !isFinished(record)) void this.#check(id);
    }
  }

  /** Tells whether anything trains or waits to. A paused job waits for the user, and outlives the server. */
  get busy(): boolean {
    return (
      this.#running.size > 0 ||
      [...this.#store.jobs.values()].some((record) => !isFinished(record) && record.job.status !== 'paused')
    );
  }

  /** Unix seconds; null while nothing is known. */
  estimatedFinish(jobId: string): number | null {
    const progress = this.#progress.get(jobId);
    if (!progress || progress.step === progress.from) return null;
    const perStep = (Date.now() - progress.startedAt) / (progress.step - progress.from);
    return Math.ceil((Date.now() + perStep * (progress.total - progress.step)) / 1000);
  }

  add(record: JobRecord): void {
    const { job } = record;
    this.#store.saveJob(record);
    this.#recorder.say(job.id, 'info', `Created fine-tuning job: ${job.id}`);
    const validation = job.validation_file === null ? '' : ` and validation file: ${job.validation_file}`;
    this.#recorder.say(job.id, 'info', `Validating training file: ${job.training_file}${validation}`);
    if (job.integrations.length > 0) {
      const message =
        'The Weights & Biases integration is accepted but nothing is sent: the local server talks to nobody';
      this.#recorder.say(job.id, 'info', message);
    }
    void this.#check(job.id);
  }

  /** False when the job has ended already. */
  cancel(jobId: string): boolean {
    if (this.#recorder.ended(jobId)) return false;
    this.#unqueue(jobId);
    // Reports still on their way are dropped, because the job has ended.
    this.#running.get(jobId)?.stop();
    this.#checking.get(jobId)?.stop();
    this.#recorder.end(jobId, { status: 'cancelled' });
    this.#recorder.say(jobId, 'info', 'The job was cancelled', true);
    this.#paused(jobId);
    return true;
  }

  /** Resolves when the job trains no more: it is then paused, unless it came to its end first. Only for `queued` and `running`. */
  async pause(jobId: string): Promise<void> {
    if (this.#unqueue(jobId)) {
      this.#recorder.paused(jobId, null);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#pausing.set(jobId, [...(this.#pausing.get(jobId) ?? []), resolve]);
      // Not there yet while its files are being read: it is then asked as soon as it is.
      this.#running.get(jobId)?.pause();
    });
  }

  /** Only for `paused`: it takes its place at the end of the queue. */
  resume(jobId: string): void {
    this.#recorder.change(jobId, { status: 'queued' });
    this.#recorder.say(jobId, 'info', 'The job was resumed', true);
    this.#enqueue(jobId);
  }

  /** A job that was running when the server ended goes on, if its engine can. */
  #interrupted(record: JobRecord): void {
    const { id, model } = record.job;
    const recovery = this.#engines.recover(model, id);
    if (recovery === null) {
      this.#recorder.interrupted(record);
      return;
    }
    this.#recorder.recovered(record, recovery.state, recovery.step);
    this.#enqueue(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // It goes on from the checkpoint that its process writes now.
    for (const id of this.#running.keys()) this.#recorder.trained(id, this.#secondsOf(id));
    const threads = [...this.#checking.values(), ...this.#running.values()];
    await Promise.all(threads.map((thread) => thread.kill()));
  }

  /** Seconds of training so far; nothing where a part of it is not known. */
  #secondsOf(jobId: string): { readonly seconds?: number } {
    const seconds = this.#progress.get(jobId)?.clock.seconds ?? null;
    return seconds === null ? {} : { seconds };
  }

  async #check(jobId: string): Promise<void> {
    await this.#launch(
      jobId,
      'check',
      (thread) => this.#checking.set(jobId, thread),
      (report) => {
        if (report.type !== 'checked' && report.type !== 'refused' && report.type !== 'broken') return;
        this.#checking.delete(jobId);
        if (this.#recorder.ended(jobId)) return;
        if (report.type !== 'checked') {
          this.#recorder.fail(jobId, report.type === 'refused' ? report.error : internal(report.message));
          return;
        }
        this.#recorder.change(jobId, { status: 'queued' });
        this.#recorder.say(jobId, 'info', 'Files validated, moving job to queued state', true);
        this.#enqueue(jobId);
      },
    );
  }

  #enqueue(jobId: string): void {
    this.#queue.push(jobId);
    this.#next();
  }

  #unqueue(jobId: string): boolean {
    const queued = this.#queue.indexOf(jobId);
    if (queued >= 0) this.#queue.splice(queued, 1);
    return queued >= 0;
  }

  #next(): void {
    for (let [next] = this.#queue; next !== undefined && this.#mayStart(next); [next] = this.#queue) {
      this.#queue.shift();
      this.#train(next);
    }
  }

  #mayStart(jobId: string): boolean {
    if (this.#closed) return false;
    const others = [...this.#running.keys(), ...this.#starting];
    if (others.length === 0) return true;
    const sweep = this.#sweepOf(jobId);
    return sweep !== null && others.every((other) => this.#sweepOf(other) === sweep);
  }

  /** Sweep whose runs are started together; null for a job that trains alone, as one that goes on does. */
  #sweepOf(jobId: string): string | null {
    const record = this.#store.jobs.get(jobId);
    if (!record || record.resume !== null || !this.#engines.trainsElsewhere(record.job.model)) return null;
    return clusterSweepOf(record.job.metadata)?.id ?? null;
  }

  #train(jobId: string): void {
    this.#starting.add(jobId);
    void this.#launch(
      jobId,
      'train',
      (thread) => {
        this.#starting.delete(jobId);
        this.#running.set(jobId, thread);
        // Cancelled while its files were being read.
        if (this.#recorder.ended(jobId)) {
          thread.stop();
          return;
        }
        this.#recorder.change(jobId, { status: 'running' });
        this.#recorder.say(jobId, 'info', 'Fine-tuning job started', true);
        if (this.#pausing.has(jobId)) thread.pause();
      },
      (report) => {
        this.#report(jobId, report);
        if (!isLast(report)) return;
        this.#starting.delete(jobId);
        this.#running.delete(jobId);
        this.#progress.delete(jobId);
        this.#paused(jobId);
        this.#next();
      },
    );
  }

  #paused(jobId: string): void {
    for (const resolve of this.#pausing.get(jobId) ?? []) resolve();
    this.#pausing.delete(jobId);
  }

  async #launch(
    jobId: string,
    task: 'check' | 'train',
    started: (thread: TrainingThread) => void,
    report: (message: TrainingReport) => void,
  ): Promise<void> {
    const record = this.#store.jobs.get(jobId);
    if (!record) return;
    const { job } = record;
    try {
      const training = await this.#content(job.training_file, 'training_file');
      const validation =
        job.validation_file === null ? null : await this.#content(job.validation_file, 'validation_file');
      const resume = task === 'train' && record.resume !== null ? await this.#store.blob(record.resume) : null;
      if (this.#closed) return;
      const { hyperparameters: asked } = job;
      started(
        this.#engines.start(
          {
            task,
            jobId,
            model: job.model,
            method: orderedMethod(job.method),
            training,
            validation,
            // Only a job that is not trained here has none.
            seed: job.seed ?? 0,
            sweep: clusterSweepOf(job.metadata),
            earlyStop: stopsEarly(job.metadata) ? this.#recorder.metricsOf(jobId) : null,
            hyperparameters: {
              nEpochs: asked.n_epochs,
              batchSize: asked.batch_size,
              learningRateMultiplier: asked.learning_rate_multiplier,
            },
            advanced: record.advanced ?? {},
            resume,
          },
          report,
        ),
      );
    } catch (error) {
      // It is looked for again after the start.
      if (this.#closed) return;
      if (error instanceof FileGone) report({ type: 'refused', error: error.wire });
      else report({ type: 'broken', message: 'The training thread could not be started' });
    }
  }

  async #content(fileId: string, param: string): Promise<Uint8Array> {
    this.#store.sweep();
    const file = this.#store.files.get(fileId);
    if (!file) throw new FileGone(fileId, param);
    try {
      return await this.#store.fileContent(file);
    } catch {
      throw new FileGone(fileId, param);
    }
  }

  #report(jobId: string, report: TrainingReport): void {
    if (this.#recorder.ended(jobId)) return;
    switch (report.type) {
      case 'notice':
        this.#recorder.say(jobId, report.notice.level, report.notice.message, true);
        break;
      case 'started': {
        const { nEpochs: n_epochs, batchSize: batch_size, beta } = report.hyperparameters;
        const { learningRateMultiplier: learning_rate_multiplier } = report.hyperparameters;
        const hyperparameters = { n_epochs, batch_size, learning_rate_multiplier };
        const { stepsDone: from, advanced } = report;
        const method = this.#store.jobs.get(jobId)?.job.method;
        const told = this.#store.jobs.get(jobId)?.job.trained_on;
        this.#progress.set(jobId, {
          startedAt: Date.now(),
          from,
          step: from,
          total: report.totalSteps,
          clock: new TrainingClock(from === 0 ? 0 : (told?.seconds ?? null)),
        });
        this.#recorder.change(jobId, {
          hyperparameters,
          ...(report.machine === undefined ? {} : { trained_on: { ...told, ...report.machine } }),
          ...(method ? { method: withHyperparameters(method, hyperparameters, { beta, advanced }) } : {}),
        });
        if (advanced !== undefined)
          this.#recorder.say(jobId, 'info', `Advanced settings: ${advancedInWords(advanced)}`, true);
        break;
      }
      case 'metrics': {
        const progress = this.#progress.get(jobId);
        if (progress) progress.step = report.metrics.step;
        progress?.clock.tick();
        this.#recorder.metrics(jobId, report.metrics);
        break;
      }
      case 'checkpoint':
        this.#progress.get(jobId)?.clock.tick();
        this.#recorder.trained(jobId, this.#secondsOf(jobId));
        this.#recorder.checkpoint(jobId, report.step, report.metrics, report.model);
        break;
      case 'finished':
        this.#recorder.trained(jobId, { ...this.#secondsOf(jobId), ...peakOf(report) });
        this.#recorder.succeed(jobId, report);
        break;
      case 'paused':
        this.#recorder.trained(jobId, { ...this.#secondsOf(jobId), ...peakOf(report) });
        this.#recorder.paused(jobId, report.state);
        break;
      case 'refused':
        this.#recorder.fail(jobId, report.error);
        break;
      case 'broken':
        this.#recorder.fail(jobId, internal(report.message));
        break;
      case 'checked':
      case 'stopped':
        break;
    }
  }
}

function peakOf({ peakMemory }: { readonly peakMemory?: number }): { readonly peak_memory?: number } {
  return peakMemory === undefined ? {} : { peak_memory: peakMemory };
}

class FileGone extends Error {
  readonly wire: WireError;
  constructor(fileId: string, param: string) {
    super('File gone');
    this.wire = { code: 'file_not_found', message: `The file ${fileId} is no longer there.`, param };
  }
}
