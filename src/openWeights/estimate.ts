// Time and memory of a training before its start: `tuning_fork_trainer estimate` in the trainer's Python. Its messages are those of
// trainer/src/tuning_fork_trainer/protocol.schema.json up to `ready`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod/mini';
import type { Problem } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import type { AdvancedSettings, Hyperparameters, MethodName } from '../core/training/job.ts';
import { adviceOf } from './knownModels.ts';
import { notListed, notSetUp } from './problems.ts';
import { readRegistry, type OpenWeightsModel } from './registry.ts';
import { askTrainer, count, SHOWN, trainerProblem } from './trainerRun.ts';

export interface EstimateRequest {
  /** Name on the list of this machine. */
  readonly model: string;
  readonly method: MethodName;
  readonly hyperparameters: Hyperparameters;
  readonly advanced: AdvancedSettings;
  /** As the job has it; null: none. */
  readonly grader: unknown;
  /** Null: the trainer's own. */
  readonly seed: number | null;
  /** Names the files of the job. Files that it writes belong into the folder, which is deleted at the end. */
  readonly files: (folder: string) => Promise<{ readonly training: string; readonly validation: string | null }>;
}

export interface EstimateOptions {
  /** Folder of the local server, with `open-weights.json`. */
  readonly server: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export interface Figures {
  readonly device: 'cpu' | 'cuda' | 'mps';
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly tokensPerEpoch: number;
  readonly totalSteps: number;
  /** Of the whole training; null where too few examples are there to measure. */
  readonly seconds: number | null;
  /** Null where nothing was measured, or a whole step was: its answers are sampled. */
  readonly tokensPerSecond: number | null;
  /** Bytes on one device. */
  readonly memoryNeeded: number;
  /** Bytes on one device. */
  readonly memoryAvailable: number;
}

export interface Notice {
  readonly level: 'info' | 'warn';
  readonly message: string;
}

/** `refused`: the trainer would refuse the job for what it is. `failed`: nothing was learned about the job. */
export type Estimate =
  | { readonly kind: 'figures'; readonly figures: Figures; readonly notices: readonly Notice[] }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** The user cancelled; nothing is left of it. */
export class EstimateCancelled extends Error {}

const measured = z.nullable(z.number().check(z.minimum(0)));

const messageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    device: z.enum(['cpu', 'cuda', 'mps']),
    parameters: count,
    trainable_parameters: count,
    tokens_per_epoch: count,
    total_steps: count,
    seconds_estimate: measured,
    tokens_per_second: measured,
    memory_needed: count,
    memory_available: count,
  }),
  z.object({ type: z.literal('notice'), level: z.enum(['info', 'warn']), message: z.string() }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    action: z.string(),
    memory_needed: z.optional(count),
    memory_available: z.optional(count),
  }),
]);
type Message = z.infer<typeof messageSchema>;
type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>;

/** Errors of the trainer that say nothing about the job. */
const FAILURES: ReadonlySet<string> = new Set(['internal', 'no-network']);

/**
 * Measures a training without training. A few batches are computed, so that it takes as long as loading the model and some seconds.
 * @throws EstimateCancelled when the signal aborts
 * @throws what `files` throws
 */
export async function estimateTraining(request: EstimateRequest, options: EstimateOptions): Promise<Estimate> {
  const { python, models } = await readRegistry(options.server);
  if (python === null) return { kind: 'failed', problem: notSetUp() };
  const model = models.find(({ id }) => id === request.model);
  if (model === undefined) return { kind: 'failed', problem: notListed(request.model) };
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-estimate-'));
  try {
    const files = await request.files(folder);
    const file = path.join(folder, 'job.json');
    await writeFile(file, JSON.stringify(jobOf(request, model, files, options.server)), { mode: 0o600 });
    return await ask(python, file, model, options);
  } catch (error) {
    throw options.signal.aborted ? new EstimateCancelled() : error;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Content of the job's file, as a training of the local server has it. */
function jobOf(
  { method, hyperparameters, advanced, grader, seed }: EstimateRequest,
  { source, revision }: OpenWeightsModel,
  { training, validation }: { readonly training: string; readonly validation: string | null },
  server: string,
): object {
  const { n_epochs, batch_size, learning_rate_multiplier, beta } = hyperparameters;
  return {
    version: 1,
    method,
    model: source,
    revision,
    training_file: training,
    validation_file: validation,
    // Nothing is written there; the room on its disk is looked at.
    output: server,
    ...(seed === null ? {} : { seed }),
    hyperparameters: {
      n_epochs,
      batch_size,
      learning_rate_multiplier,
      ...(method === 'dpo' ? { beta: beta ?? 'auto' } : {}),
    },
    advanced,
    graders: grader,
  };
}

async function ask(
  python: string,
  file: string,
  model: OpenWeightsModel,
  { env, signal }: EstimateOptions,
): Promise<Estimate> {
  const read = (value: unknown): Message | null => messageSchema.safeParse(value).data ?? null;
  const { messages, odd, end } = await askTrainer({ python, command: 'estimate', file, env, signal, read });
  if (signal.aborted) throw new EstimateCancelled();
  if (odd) return { kind: 'failed', problem: odd };
  const error = messages.find((message) => message.type === 'error');
  if (error) return { kind: FAILURES.has(error.code) ? 'failed' : 'refused', problem: problemOf(error, model) };
  const ready = messages.find((message) => message.type === 'ready');
  if (ready) return { kind: 'figures', figures: figuresOf(ready), notices: messages.flatMap(noticeOf) };
  return { kind: 'failed', problem: end };
}

function figuresOf(ready: MessageOf<'ready'>): Figures {
  return {
    device: ready.device,
    parameters: ready.parameters,
    trainableParameters: ready.trainable_parameters,
    tokensPerEpoch: ready.tokens_per_epoch,
    totalSteps: ready.total_steps,
    seconds: ready.seconds_estimate,
    tokensPerSecond: ready.tokens_per_second,
    memoryNeeded: ready.memory_needed,
    memoryAvailable: ready.memory_available,
  };
}

function noticeOf(message: Message): readonly Notice[] {
  return message.type === 'notice'
    ? [{ level: message.level, message: untrustedText(message.message, [], SHOWN) }]
    : [];
}

function problemOf(error: MessageOf<'error'>, { parameters }: OpenWeightsModel): Problem {
  const shown = trainerProblem(error);
  return { ...shown, action: adviceOf({ ...error, action: shown.action }, parameters) };
}
