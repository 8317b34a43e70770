import type { ReportedMetrics } from '../engines/engine.ts';
import type { JobRecord } from '../server/records.ts';
import type { Store } from '../server/store.ts';
import type { WireError, WireJob, WireTrainedOn } from '../server/wire.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import type { EarlyEnd } from './earlyStop.ts';
import type { TrainingReport } from './trainingMessages.ts';

/** As at OpenAI: earlier checkpoints of a job are gone, but for the best one. */
const CHECKPOINTS_KEPT = 3;

const TERMINAL = new Set(['succeeded', 'failed', 'cancelled']);

export function isFinished(record: JobRecord): boolean {
  return TERMINAL.has(record.job.status);
}

/** Records the course of jobs: their state, their events, their checkpoints and their results. */
export class JobRecorder {
  readonly #store: Store;
  readonly #engines: Pick<EngineHost, 'forget'>;

  constructor(store: Store, engines: Pick<EngineHost, 'forget'>) {
    this.#store = store;
    this.#engines = engines;
  }

  ended(jobId: string): boolean {
    const record = this.#store.jobs.get(jobId);
    return !record || isFinished(record);
  }

  change(jobId: string, changes: Partial<WireJob>): void {
    const record = this.#store.jobs.get(jobId);
    if (record) this.#store.saveJob({ ...record, job: { ...record.job, ...changes } as JobRecord['job'] });
  }

  /** Keeps what a training has used so far; the memory is the most of all its parts. */
  trained(jobId: string, used: Pick<WireTrainedOn, 'seconds' | 'peak_memory'>): void {
    const before = this.#store.jobs.get(jobId)?.job.trained_on;
    const peak = Math.max(before?.peak_memory ?? 0, used.peak_memory ?? 0);
    const after = { ...before, ...used, ...(peak === 0 ? {} : { peak_memory: peak }) };
    if (JSON.stringify(after) !== JSON.stringify(before ?? {})) this.change(jobId, { trained_on: after });
  }

  end(jobId: string, changes: Partial<WireJob> & Pick<WireJob, 'status'>): void {
    this.change(jobId, { ...changes, finished_at: this.#store.nowSeconds(), estimated_finish: null });
    this.#forgetState(jobId);
    this.#engines.forget(jobId);
  }

  say(jobId: string, level: 'info' | 'warn' | 'error', message: string, durable = false): void {
    this.#store.addEvent(jobId, { level, message, type: 'message', data: {} }, durable);
  }

  metrics(jobId: string, metrics: ReportedMetrics): void {
    const losses: string[] = [];
    if (metrics.train_loss !== undefined) losses.push(`training loss=${metrics.train_loss.toFixed(2)}`);
    if (metrics.valid_loss !== undefined) losses.push(`validation loss=${metrics.valid_loss.toFixed(2)}`);
    if (metrics.full_valid_loss !== undefined)
      losses.push(`full validation loss=${metrics.full_valid_loss.toFixed(2)}`);
    const said = losses.length === 0 ? '' : `: ${losses.join(', ')}`;
    const message = `Step ${String(metrics.step)}/${String(metrics.total_steps)}${said}`;
    this.#store.addEvent(jobId, { level: 'info', message, type: 'metrics', data: { ...metrics } }, false);
  }

  checkpoint(jobId: string, step: number, metrics: ReportedMetrics, model: Uint8Array): void {
    const record = this.#store.jobs.get(jobId);
    if (!record) return;
    const id = `${modelName(record)}:ckpt-step-${String(step)}`;
    const created = this.#store.nowSeconds();
    this.#store.addModel({ id, created, base: record.job.model, job: jobId, blob: this.#store.addBlob(model) });
    const values: Record<string, number> = {};
    for (const [name, value] of Object.entries(metrics) as [string, unknown][])
      if (name !== 'total_steps' && typeof value === 'number') values[name] = value;
    const checkpoints = [
      ...record.checkpoints,
      {
        id: `ftckpt_${record.name}${String(step)}`,
        object: 'fine_tuning.job.checkpoint' as const,
        created_at: created,
        fine_tuned_model_checkpoint: id,
        fine_tuning_job_id: jobId,
        step_number: step,
        metrics: values,
      },
    ];
    const best = bestOf(checkpoints);
    const gone = checkpoints.slice(0, -CHECKPOINTS_KEPT).filter((old) => old !== best);
    for (const old of gone) checkpoints.splice(checkpoints.indexOf(old), 1);
    this.#store.saveJob({ ...record, checkpoints });
    for (const old of gone) {
      const oldModel = this.#store.models.get(old.fine_tuned_model_checkpoint);
      if (oldModel) this.#store.deleteModel(oldModel);
    }
    this.say(jobId, 'info', `Checkpoint created at step ${String(step)}`);
  }

  /** Pauses a job: the state that the training needs to continue is on the disk before the job is shown as paused. */
  paused(jobId: string, state: Uint8Array | null): void {
    const before = this.#store.jobs.get(jobId);
    if (!before) return;
    const resume = state ? this.#store.addBlob(state) : before.resume;
    this.#store.saveJob({ ...before, resume, job: { ...before.job, status: 'paused', estimated_finish: null } });
    if (before.resume !== null && before.resume !== resume) this.#store.deleteBlob(before.resume);
    this.say(jobId, 'info', `The job was paused${atStep(this.#store, jobId)}`, true);
  }

  /** Metrics of a job so far, for a training that goes on. Steps that were made twice, because a server ended between, count once. */
  metricsOf(jobId: string): readonly ReportedMetrics[] {
    const bySteps = new Map<number, ReportedMetrics>();
    for (const { type, data } of this.#store.events(jobId)) {
      if (type !== 'metrics') continue;
      const metrics = data as unknown as ReportedMetrics;
      bySteps.set(metrics.step, metrics);
    }
    return [...bySteps.values()];
  }

  /** Ends a job with its last checkpoint as the model; one that was stopped early with the best. `model`: the result, if it is another. */
  succeed(jobId: string, { trainedTokens, early, model }: Finished): void {
    const record = this.#store.jobs.get(jobId);
    const chosen = early === null ? record?.checkpoints.at(-1) : bestOf(record?.checkpoints ?? []);
    const weights =
      record && model
        ? { base: record.job.model, job: jobId, blob: this.#store.addBlob(model) }
        : chosen && this.#store.models.get(chosen.fine_tuned_model_checkpoint);
    if (!record || !weights) {
      this.fail(jobId, internal('The last checkpoint is gone'));
      return;
    }
    const id = modelName(record);
    this.#store.addModel({ ...weights, id, created: this.#store.nowSeconds() });
    const results = this.#store.addFile(
      { filename: 'step_metrics.csv', purpose: 'fine-tune-results', expiresAfter: null },
      Buffer.from(resultCsv(this.#store, jobId)),
    );
    if (early !== null && chosen) this.say(jobId, 'info', earlyMessage(early, chosen));
    this.say(jobId, 'info', 'New fine-tuned model created');
    // The status last: a client that sees it finds the model, the result file and every event.
    this.say(jobId, 'info', 'The job has successfully completed', true);
    this.end(jobId, {
      status: 'succeeded',
      fine_tuned_model: id,
      result_files: [results.id],
      trained_tokens: trainedTokens,
    });
  }

  fail(jobId: string, error: WireError): void {
    this.say(jobId, 'error', error.message, true);
    this.end(jobId, { status: 'failed', error });
  }

  /** Lets a job that was running go on from `state`; null: from its beginning. Only the checkpoints up to there are its own. */
  recovered(record: JobRecord, state: Uint8Array | null, step: number): void {
    const { id } = record.job;
    const resume = state ? this.#store.addBlob(state) : null;
    this.#store.saveJob({ ...record, resume, job: { ...record.job, status: 'queued', estimated_finish: null } });
    if (record.resume !== null) this.#store.deleteBlob(record.resume);
    const where = state ? `from its checkpoint at step ${String(step)}` : 'from its beginning';
    this.say(
      id,
      'warn',
      `The local server was stopped while this job was running${atStep(this.#store, id)}: it goes on ${where}`,
      true,
    );
  }

  /** A job that was running when the server was stopped without a word. */
  interrupted({ job, checkpoints }: JobRecord): void {
    const kept = checkpoints.length > 0 ? ' Its checkpoints can be used.' : '';
    const message = `The job was interrupted: the local server was stopped while this job was running${atStep(this.#store, job.id)}.${kept} Start it again.`;
    this.fail(job.id, { code: 'interrupted', message, param: null });
  }

  #forgetState(jobId: string): void {
    const record = this.#store.jobs.get(jobId);
    if (!record || record.resume === null) return;
    this.#store.saveJob({ ...record, resume: null });
    this.#store.deleteBlob(record.resume);
  }
}

type Finished = Pick<Extract<TrainingReport, { type: 'finished' }>, 'trainedTokens' | 'early' | 'model'>;
type WireCheckpointRecord = JobRecord['checkpoints'][number];

/** Checkpoint with the lowest full validation loss; without any such loss the last one. */
function bestOf(checkpoints: readonly WireCheckpointRecord[]): WireCheckpointRecord | undefined {
  const lossOf = ({ metrics }: WireCheckpointRecord): number => metrics['full_valid_loss'] ?? Infinity;
  return checkpoints.reduce<WireCheckpointRecord | undefined>(
    (best, one) => (best === undefined || lossOf(one) < lossOf(best) || lossOf(best) === Infinity ? one : best),
    undefined,
  );
}

/** Read back by `stoppedEarly` (src/core/training/words/stages.ts). */
function earlyMessage({ series, since, step, totalSteps }: EarlyEnd, chosen: WireCheckpointRecord): string {
  const name = series === 'valid_loss' ? 'validation loss' : 'full validation loss';
  const loss = chosen.metrics['full_valid_loss'];
  const lowest = loss === undefined ? '' : `, whose full validation loss is the lowest (${loss.toFixed(4)})`;
  return `Stopped early at step ${String(step)} of ${String(totalSteps)}: the ${name} has been getting worse since step ${String(since)}, seen at two looks in a row. The model is the checkpoint at step ${String(chosen.step_number)}${lowest}`;
}

export function internal(message: string): WireError {
  return { code: 'training_failed', message: `Training failed: ${message}`, param: null };
}

/** ` at step 5 of 100`, or nothing when there was none. */
function atStep(store: Store, jobId: string): string {
  const last = store.events(jobId).findLast((event) => event.type === 'metrics');
  return last ? ` at step ${String(last.data['step'])} of ${String(last.data['total_steps'])}` : '';
}

export function modelName(record: JobRecord): string {
  return `ft:${record.job.model}:local:${record.job.user_provided_suffix ?? ''}:${record.name}`;
}

export function resultCsv(store: Store, jobId: string): string {
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
