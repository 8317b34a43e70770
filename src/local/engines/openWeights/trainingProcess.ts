import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { RAY_TOKEN } from '../../../core/provider/rayToken.ts';
import type { OpenWeightsModel } from '../../../openWeights/registry.ts';
import type { WireError } from '../../server/wire.ts';
import { EarlyStop, type EarlyEnd } from '../../training/earlyStop.ts';
import type { TrainingMachine, TrainingOrder, TrainingReport } from '../../training/trainingMessages.ts';
import { isLast } from '../../training/trainingMessages.ts';
import type { TrainingThread } from '../../training/trainingThread.ts';
import type { ReportedMetrics } from '../engine.ts';
import type { Adapters } from './adapterFolder.ts';
import { startProgram, type ChildProgram, type ProgramEnd } from './childProgram.ts';
import { adapterGone, endedSilently, notProtocol, notWritten, ofTrainer } from './problems.ts';
import { isLastOutput, parseOutput, type Command, type Job, type Metric, type Output } from './protocol.ts';

/** Milliseconds that a trainer has to end after it was told to. A step may take long, and a checkpoint is written after it. */
export interface Grace {
  /** After a cancel, and after its last message. */
  readonly cancel: number;
  /** When the server ends: until its checkpoint is there. */
  readonly close: number;
}

export const GRACE: Grace = { cancel: 15_000, close: 10_000 };
/** A cluster is asked to stop, and what it wrote is brought home. */
export const CLUSTER_GRACE: Grace = { cancel: 120_000, close: 60_000 };

/** Cluster that trains instead of this machine. */
export interface ClusterParts {
  /** Path of the document that describes it (`Cluster` in the trainer's schema), read at each start of a job. */
  readonly file: string;
  /** Token of its dashboard; null when it needs none. */
  readonly token: string | null;
}

export interface TrainerParts {
  readonly python: string;
  readonly base: OpenWeightsModel;
  readonly adapters: Adapters;
  readonly grace: Grace;
  /** Null: this machine trains. */
  readonly cluster: ClusterParts | null;
}

type Order = Omit<TrainingOrder, 'control'>;

/** Starts `python -m tuning_fork_trainer train`, or `ray` for a cluster, on an order; tells the same as a training thread does. */
export function startTraining(
  parts: TrainerParts,
  order: Order,
  report: (message: TrainingReport) => void,
): TrainingThread {
  return new TrainingProcess(parts, order, report);
}

class TrainingProcess implements TrainingThread {
  readonly #parts: TrainerParts;
  readonly #order: Order;
  readonly #tell: (message: TrainingReport) => void;
  readonly #rule: EarlyStop | null;
  readonly #done: Promise<void>;
  #resolveDone: () => void = () => undefined;
  #program: ChildProgram | null = null;
  #overdue: NodeJS.Timeout | null = null;
  /** Its last message; what it means is told when the process has ended. */
  #last: Output | null = null;
  #failure: WireError | null = null;
  #early: EarlyEnd | null = null;
  #checkpoint: string | null = null;
  #hasModel: boolean;
  #tokens = 0;
  #stopped = false;
  #closing = false;
  #ended = false;

  constructor(parts: TrainerParts, order: Order, report: (message: TrainingReport) => void) {
    this.#parts = parts;
    this.#order = order;
    this.#tell = report;
    this.#done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    const before = order.earlyStop ?? [];
    this.#rule = order.earlyStop === null ? null : new EarlyStop();
    for (const metrics of before) this.#rule?.add(metrics);
    this.#hasModel = before.some(({ full_valid_loss: loss }) => loss !== undefined);
    // A thread never answers before it has been started.
    setImmediate(() => {
      this.#start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#command({ type: 'cancel' });
    this.#endWithin(this.#parts.grace.cancel);
  }

  pause(): void {
    // A process that was told to stop for good must not pause.
    if (!this.#stopped && this.#early === null) this.#command({ type: 'pause' });
  }

  /** Leaves it the time to write a checkpoint, from which the job goes on when the server is there again. */
  async kill(): Promise<void> {
    this.#closing = true;
    if (this.#program === null) return;
    this.#command({ type: 'pause' });
    this.#program.closeInput();
    this.#endWithin(this.#parts.grace.close);
    await this.#done;
  }

  #start(): void {
    if (this.#closing) return;
    if (this.#stopped) {
      this.#end({ type: 'stopped' });
      return;
    }
    const job = this.#prepared();
    if (job === null) return;
    const { python, cluster } = this.#parts;
    const how = cluster === null ? ['train', '--job', job] : ['ray', '--job', job, '--cluster', cluster.file];
    const { sweep, resume } = this.#order;
    // A run that goes on trains alone: the others of its sweep may be far.
    if (cluster !== null && sweep !== null && resume === null)
      how.push('--sweep', sweep.id, '--runs', String(sweep.runs));
    const token = cluster?.token ?? null;
    this.#program = startProgram(
      {
        command: python,
        args: ['-m', 'tuning_fork_trainer', ...how],
        ...(token === null ? {} : { env: { [RAY_TOKEN]: token } }),
      },
      {
        line: (line) => {
          this.#line(line);
        },
        tooLong: (beginning) => {
          this.#fail(notProtocol(beginning));
        },
        end: (end) => {
          this.#exited(end);
        },
      },
    );
  }

  /** Path of the job's file; null when it could not be written, which has then been told. */
  #prepared(): string | null {
    const { adapters, base } = this.#parts;
    const { jobId, training, validation, hyperparameters, advanced, method, seed } = this.#order;
    const state = this.#order.resume && adapters.read(this.#order.resume);
    const resume = state ? adapters.locate(state) : null;
    if (this.#order.resume !== null && resume === null) {
      this.#end({ type: 'refused', error: adapterGone() });
      return null;
    }
    try {
      const output = adapters.newRun(jobId);
      const folder = adapters.folderOf(jobId);
      const write = (name: string, content: Uint8Array | string): string => {
        const file = path.join(folder, name);
        writeFileSync(file, content, { mode: 0o600 });
        return file;
      };
      const job: Job = {
        version: 1,
        method: method.type,
        model: base.source,
        revision: base.revision,
        training_file: write('training.jsonl', training),
        validation_file: validation === null ? null : write('validation.jsonl', validation),
        output,
        resume,
        seed,
        hyperparameters: {
          n_epochs: hyperparameters.nEpochs,
          batch_size: hyperparameters.batchSize,
          learning_rate_multiplier: hyperparameters.learningRateMultiplier,
          ...(method.beta === null ? {} : { beta: method.beta }),
        },
        advanced,
        graders: method.grader,
        // The rule is that of the other engines, and it is this process that follows it.
        early_stop: false,
      };
      return write('job.json', JSON.stringify(job));
    } catch (error) {
      this.#end({ type: 'refused', error: notWritten(error) });
      return null;
    }
  }

  #line(line: string): void {
    if (this.#failure !== null || this.#last !== null) return;
    const output = parseOutput(line);
    if (!output.ok) {
      this.#fail(notProtocol(output.error));
      return;
    }
    try {
      this.#take(output.value);
    } catch (error) {
      this.#fail(notWritten(error));
    }
  }

  #take(output: Output): void {
    switch (output.type) {
      case 'ready': {
        const { n_epochs, batch_size, learning_rate_multiplier, beta } = output.hyperparameters;
        this.#report({
          type: 'started',
          hyperparameters: {
            nEpochs: n_epochs,
            batchSize: batch_size,
            learningRateMultiplier: learning_rate_multiplier,
            ...(beta === undefined ? {} : { beta }),
          },
          advanced: output.advanced,
          machine: machineOf(output),
          totalSteps: output.total_steps,
          stepsDone: output.steps_done,
        });
        break;
      }
      case 'notice':
        this.#report({ type: 'notice', notice: { level: output.level, message: output.message } });
        break;
      case 'metric':
        this.#metrics(output);
        break;
      case 'checkpoint': {
        const facts = this.#facts(output.step);
        const model = this.#parts.adapters.keep(output.path, facts);
        this.#report({ type: 'checkpoint', step: output.step, metrics: metricsOf(output.metrics), model });
        this.#parts.adapters.keepState(this.#order.jobId, output.path, facts);
        this.#checkpoint = path.resolve(output.path);
        this.#hasModel = true;
        break;
      }
      default:
        this.#last = output;
    }
    // It has said everything; a library's threads may still keep it alive.
    if (isLastOutput(output)) this.#endWithin(this.#parts.grace.cancel);
  }

  #metrics(metric: Metric): void {
    this.#tokens = metric.tokens;
    const metrics = metricsOf(metric);
    this.#report({ type: 'metrics', metrics });
    const reason = this.#rule?.add(metrics) ?? null;
    // Before the first checkpoint there is no model to keep.
    if (reason === null || !this.#hasModel || this.#early !== null) return;
    this.#early = reason;
    this.#command({ type: 'cancel' });
    this.#endWithin(this.#parts.grace.cancel);
  }

  #exited(end: ProgramEnd): void {
    if (this.#overdue !== null) clearTimeout(this.#overdue);
    this.#resolveDone();
    if (this.#ended) return;
    try {
      const message = this.#lastWord(end);
      if (message !== null) this.#end(message);
    } catch (error) {
      this.#end({ type: 'refused', error: notWritten(error) });
    }
  }

  /** Null when the job goes on after a restart of the server. */
  #lastWord(end: ProgramEnd): TrainingReport | null {
    const { adapters } = this.#parts;
    const last = this.#last;
    if (this.#failure === null && last?.type === 'paused') {
      const state = adapters.keepState(this.#order.jobId, last.path, this.#facts(last.step));
      return this.#closing ? null : { type: 'paused', state, ...peakOf(last) };
    }
    if (this.#failure === null && last?.type === 'model') {
      const model =
        path.resolve(last.path) === this.#checkpoint ? {} : { model: adapters.keep(last.path, this.#facts(last.step)) };
      return { type: 'finished', trainedTokens: this.#tokens, early: null, ...peakOf(last), ...model };
    }
    if (this.#stopped) return { type: 'stopped' };
    if (this.#failure === null && this.#early !== null && last?.type !== 'error')
      return { type: 'finished', trainedTokens: this.#tokens, early: this.#early, ...peakOf(last) };
    // Ended by the server before it had written a checkpoint: the job goes on from the one before.
    if (this.#closing && last === null) return null;
    if (this.#failure === null && last?.type === 'error' && last.code !== 'internal')
      return { type: 'refused', error: ofTrainer(last, this.#parts.base.parameters) };
    if (end.stderr.length > 0)
      this.#report({
        type: 'notice',
        notice: { level: 'warn', message: `Last lines of the trainer:\n${end.stderr.join('\n')}` },
      });
    const error =
      this.#failure ?? (last?.type === 'error' ? ofTrainer(last, this.#parts.base.parameters) : endedSilently(end));
    return { type: 'refused', error };
  }

  #facts(step: number): { source: string; revision: string | null; step: number } {
    const { source, revision } = this.#parts.base;
    return { source, revision, step };
  }

  #fail(error: WireError): void {
    this.#failure = error;
    this.#program?.kill();
  }

  #command(command: Command): void {
    this.#program?.send(JSON.stringify(command));
  }

  #endWithin(milliseconds: number): void {
    if (this.#program === null || this.#overdue !== null) return;
    this.#overdue = setTimeout(() => this.#program?.kill(), milliseconds);
    this.#overdue.unref();
  }

  #report(message: TrainingReport): void {
    if (!this.#ended) this.#tell(message);
  }

  #end(message: TrainingReport): void {
    this.#report(message);
    if (isLast(message)) this.#ended = true;
  }
}

function machineOf({ device, devices, workers, nodes }: Extract<Output, { type: 'ready' }>): TrainingMachine {
  return { device, devices, ...(workers === undefined ? {} : { workers }), ...(nodes === undefined ? {} : { nodes }) };
}

/** Peak memory of an end; 0 means that this system does not count it. */
function peakOf(end: Output | null): { readonly peakMemory?: number } {
  const peak = end !== null && 'peak_memory' in end ? end.peak_memory : undefined;
  return peak === undefined || peak === 0 ? {} : { peakMemory: peak };
}

/** Names of the trainer that are no curves, or that the events have already. */
const NO_METRICS = new Set(['type', 'epoch', 'tokens']);

function metricsOf(metric: Metric): ReportedMetrics {
  const { step, total_steps } = metric;
  return { step, total_steps, ...Object.fromEntries(Object.entries(metric).filter(([name]) => !NO_METRICS.has(name))) };
}
