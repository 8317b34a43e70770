import type { Notice, StepMetrics } from './engine.ts';
import type { EngineHost } from './engineHost.ts';
import { nowSeconds } from './ids.ts';
import type { JobRecord } from './records.ts';
import type { Store } from './store.ts';
import type { TrainingThread } from './trainingThread.ts';
import type { TrainingReport } from './trainingMessages.ts';
import type { WireError, WireJob } from './wire.ts';

/** As at OpenAI: earlier checkpoints of a job are gone. */
const CHECKPOINTS_KEPT = 3;

const TERMINAL = new Set(['succeeded', 'failed', 'cancelled']);

export function isFinished(record: JobRecord): boolean {
  return TERMINAL.has(record.job.status);
}

/** Takes jobs through their states, one training at a time, in a thread beside the server's own. */
export class JobRunner {
  readonly #store: Store;
  readonly #engines: EngineHost;
  readonly #checking = new Map<string, TrainingThread>();
  readonly #queue: string[] = [];
  readonly #progress = new Map<string, { readonly startedAt: number; step: number; total: number }>();
  #running: { readonly id: string; readonly thread: TrainingThread } | null = null;
  #starting = false;
  #closed = false;

  constructor(store: Store, engines: EngineHost) {
    this.#store = store;
    this.#engines = engines;
    for (const record of store.jobs.values()) {
      if (record.job.status === 'running') this.#recordStopped(record);
      // Nothing had begun: they simply take their turn again.
      else if (!isFinished(record)) void this.#check(record.job.id);
    }
  }

  /** Whether anything trains or waits to. */
  get busy(): boolean {
    return this.#running !== null || [...this.#store.jobs.values()].some((record) => !isFinished(record));
  }

  /** Unix seconds; null while nothing is known. */
  estimatedFinish(jobId: string): number | null {
    const progress = this.#progress.get(jobId);
    if (!progress || progress.step === 0) return null;
    const perStep = (Date.now() - progress.startedAt) / progress.step;
    return Math.ceil((Date.now() + perStep * (progress.total - progress.step)) / 1000);
  }

  add(record: JobRecord): void {
    const { job } = record;
    this.#store.saveJob(record);
    this.#say(job.id, 'info', `Created fine-tuning job: ${job.id}`);
    const validation = job.validation_file === null ? '' : ` and validation file: ${job.validation_file}`;
    this.#say(job.id, 'info', `Validating training file: ${job.training_file}${validation}`);
    if (job.integrations.length > 0) {
      this.#say(
        job.id,
        'info',
        'The Weights & Biases integration is accepted but nothing is sent: the local server talks to nobody',
      );
    }
    void this.#check(job.id);
  }

  /** False when the job has ended already. */
  cancel(jobId: string): boolean {
    const record = this.#store.jobs.get(jobId);
    if (!record || isFinished(record)) return false;
    const queued = this.#queue.indexOf(jobId);
    if (queued >= 0) this.#queue.splice(queued, 1);
    // Reports still on their way are dropped, because the job has ended.
    if (this.#running?.id === jobId) this.#running.thread.stop();
    this.#checking.get(jobId)?.stop();
    this.#end(jobId, { status: 'cancelled' });
    this.#say(jobId, 'info', 'The job was cancelled', true);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#checking.values(), ...(this.#running ? [this.#running.thread] : [])];
    await Promise.all(threads.map((thread) => thread.kill()));
  }

  async #check(jobId: string): Promise<void> {
    await this.#launch(
      jobId,
      'check',
      (thread) => this.#checking.set(jobId, thread),
      (report) => {
        if (report.type !== 'checked' && report.type !== 'refused' && report.type !== 'broken') return;
        this.#checking.delete(jobId);
        if (this.#ended(jobId)) return;
        if (report.type !== 'checked') {
          this.#fail(jobId, report.type === 'refused' ? report.error : internal(report.message));
          return;
        }
        this.#change(jobId, { status: 'queued' });
        this.#say(jobId, 'info', 'Files validated, moving job to queued state', true);
        this.#queue.push(jobId);
        this.#next();
      },
    );
  }

  #next(): void {
    if (this.#running || this.#starting || this.#closed) return;
    const jobId = this.#queue.shift();
    if (jobId === undefined) return;
    this.#starting = true;
    void this.#launch(
      jobId,
      'train',
      (thread) => {
        this.#starting = false;
        this.#running = { id: jobId, thread };
        // Cancelled while its files were being read.
        if (this.#ended(jobId)) {
          thread.stop();
          return;
        }
        this.#change(jobId, { status: 'running' });
        this.#say(jobId, 'info', 'Fine-tuning job started', true);
      },
      (report) => {
        this.#report(jobId, report);
        if (['finished', 'stopped', 'refused', 'broken'].includes(report.type)) {
          this.#starting = false;
          this.#running = null;
          this.#progress.delete(jobId);
          this.#next();
        }
      },
    );
  }

  async #launch(
    jobId: string,
    task: 'check' | 'train',
    started: (thread: TrainingThread) => void,
    report: (message: TrainingReport) => void,
  ): Promise<void> {
    const job = this.#store.jobs.get(jobId)?.job;
    if (!job) return;
    try {
      const training = await this.#content(job.training_file, 'training_file');
      const validation =
        job.validation_file === null ? null : await this.#content(job.validation_file, 'validation_file');
      if (this.#closed) return;
      const { hyperparameters: asked } = job;
      started(
        this.#engines.start(
          {
            task,
            model: job.model,
            training,
            validation,
            seed: job.seed,
            hyperparameters: {
              nEpochs: asked.n_epochs,
              batchSize: asked.batch_size,
              learningRateMultiplier: asked.learning_rate_multiplier,
            },
          },
          report,
        ),
      );
    } catch (error) {
      if (error instanceof FileGone) report({ type: 'refused', error: error.wire });
      else report({ type: 'broken', message: 'The training thread could not be started' });
    }
  }

  async #content(fileId: string, param: string): Promise<Uint8Array> {
    const file = this.#store.files.get(fileId);
    if (!file) throw new FileGone(fileId, param);
    try {
      return await this.#store.fileContent(file);
    } catch {
      throw new FileGone(fileId, param);
    }
  }

  #report(jobId: string, report: TrainingReport): void {
    if (this.#ended(jobId) || this.#closed) return;
    if (report.type === 'notice') this.#notice(jobId, report.notice);
    else if (report.type === 'started') {
      const { nEpochs, batchSize, learningRateMultiplier } = report.hyperparameters;
      const hyperparameters = {
        n_epochs: nEpochs,
        batch_size: batchSize,
        learning_rate_multiplier: learningRateMultiplier,
      };
      this.#progress.set(jobId, { startedAt: Date.now(), step: 0, total: report.totalSteps });
      this.#change(jobId, { hyperparameters, method: { type: 'supervised', supervised: { hyperparameters } } });
    } else if (report.type === 'metrics') this.#metrics(jobId, report.metrics);
    else if (report.type === 'checkpoint') this.#checkpoint(jobId, report.step, report.metrics, report.model);
    else if (report.type === 'finished') this.#succeed(jobId, report.trainedTokens);
    else if (report.type === 'refused') this.#fail(jobId, report.error);
    else if (report.type === 'broken') this.#fail(jobId, internal(report.message));
  }

  #notice(jobId: string, notice: Notice): void {
    this.#say(jobId, notice.level, notice.message, true);
  }

  #metrics(jobId: string, metrics: StepMetrics): void {
    const progress = this.#progress.get(jobId);
    if (progress) progress.step = metrics.step;
    const losses = [`training loss=${metrics.train_loss.toFixed(2)}`];
    if (metrics.valid_loss !== undefined) losses.push(`validation loss=${metrics.valid_loss.toFixed(2)}`);
    if (metrics.full_valid_loss !== undefined)
      losses.push(`full validation loss=${metrics.full_valid_loss.toFixed(2)}`);
    const message = `Step ${String(metrics.step)}/${String(metrics.total_steps)}: ${losses.join(', ')}`;
    this.#store.addEvent(jobId, { level: 'info', message, type: 'metrics', data: { ...metrics } }, false);
  }

  #checkpoint(jobId: string, step: number, metrics: StepMetrics, model: Uint8Array): void {
    const record = this.#store.jobs.get(jobId);
    if (!record) return;
    const id = `${modelName(record)}:ckpt-step-${String(step)}`;
    this.#store.addModel({
      id,
      created: nowSeconds(),
      base: record.job.model,
      job: jobId,
      blob: this.#store.addBlob(model),
    });
    const values = Object.fromEntries(Object.entries(metrics).filter(([name]) => name !== 'total_steps'));
    const checkpoints = [
      ...record.checkpoints,
      {
        id: `ftckpt_${record.name}${String(step)}`,
        object: 'fine_tuning.job.checkpoint' as const,
        created_at: nowSeconds(),
        fine_tuned_model_checkpoint: id,
        fine_tuning_job_id: jobId,
        step_number: step,
        metrics: values,
      },
    ];
    const gone = checkpoints.splice(0, Math.max(0, checkpoints.length - CHECKPOINTS_KEPT));
    this.#store.saveJob({ ...record, checkpoints });
    for (const old of gone) {
      const oldModel = this.#store.models.get(old.fine_tuned_model_checkpoint);
      if (oldModel) this.#store.deleteModel(oldModel);
    }
    this.#say(jobId, 'info', `Checkpoint created at step ${String(step)}`);
  }

  #succeed(jobId: string, trainedTokens: number): void {
    const record = this.#store.jobs.get(jobId);
    const last = record?.checkpoints.at(-1);
    const weights = last && this.#store.models.get(last.fine_tuned_model_checkpoint);
    if (!record || !weights) {
      this.#fail(jobId, internal('The last checkpoint is gone'));
      return;
    }
    const id = modelName(record);
    this.#store.addModel({ ...weights, id, created: nowSeconds() });
    const results = this.#store.addFile(
      'step_metrics.csv',
      'fine-tune-results',
      Buffer.from(resultCsv(this.#store, jobId)),
    );
    this.#say(jobId, 'info', 'New fine-tuned model created');
    // The status last: whoever sees it finds the model, the result file and every event.
    this.#say(jobId, 'info', 'The job has successfully completed', true);
    this.#end(jobId, {
      status: 'succeeded',
      fine_tuned_model: id,
      result_files: [results.id],
      trained_tokens: trainedTokens,
    });
  }

  #fail(jobId: string, error: WireError): void {
    this.#say(jobId, 'error', error.message, true);
    this.#end(jobId, { status: 'failed', error });
  }

  #recordStopped(record: JobRecord): void {
    const { id } = record.job;
    const last = this.#store.events(id).findLast((event) => event.type === 'metrics');
    const step = last ? ` at step ${String(last.data['step'])} of ${String(last.data['total_steps'])}` : '';
    const kept = record.checkpoints.length > 0 ? ' Its checkpoints can be used.' : '';
    this.#fail(id, {
      code: 'server_stopped',
      message: `The local server was stopped while this job was running${step}.${kept}`,
      param: null,
    });
  }

  #ended(jobId: string): boolean {
    const record = this.#store.jobs.get(jobId);
    return !record || isFinished(record);
  }

  #change(jobId: string, changes: Partial<WireJob>): void {
    const record = this.#store.jobs.get(jobId);
    if (record) this.#store.saveJob({ ...record, job: { ...record.job, ...changes } as JobRecord['job'] });
  }

  #end(jobId: string, changes: Partial<WireJob> & Pick<WireJob, 'status'>): void {
    this.#change(jobId, { ...changes, finished_at: nowSeconds(), estimated_finish: null });
  }

  #say(jobId: string, level: 'info' | 'warn' | 'error', message: string, durable = false): void {
    this.#store.addEvent(jobId, { level, message, type: 'message', data: {} }, durable);
  }
}

class FileGone extends Error {
  readonly wire: WireError;
  constructor(fileId: string, param: string) {
    super('File gone');
    this.wire = { code: 'file_not_found', message: `The file ${fileId} is no longer there.`, param };
  }
}

function internal(message: string): WireError {
  return { code: 'training_failed', message: `Training failed: ${message}`, param: null };
}

function modelName(record: JobRecord): string {
  return `ft:${record.job.model}:local:${record.job.user_provided_suffix ?? ''}:${record.name}`;
}

function resultCsv(store: Store, jobId: string): string {
  const rows = ['step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy'];
  for (const { type, data } of store.events(jobId)) {
    if (type !== 'metrics') continue;
    const cell = (name: string): string => {
      const value = data[name];
      return typeof value === 'number' ? String(Math.round(value * 1e5) / 1e5) : '';
    };
    rows.push(
      ['step', 'train_loss', 'train_mean_token_accuracy', 'valid_loss', 'valid_mean_token_accuracy']
        .map(cell)
        .join(','),
    );
  }
  return `${rows.join('\n')}\n`;
}
