// Readers for what providers send. Only what the product cannot do without is required (an id, a status); a missing, extra or
// oddly shaped field never loses the rest. Null means: this is not what was asked for.
import * as z from 'zod/mini';
import type { ChatReply, ModelInfo, ProviderFile } from '../core/provider.ts';
import type { Checkpoint, Hyperparameters, Job, JobEvent, MetricPoint } from '../core/training/job.ts';

const text = z.catch(z.nullable(z.string()), null);
const number = z.catch(z.nullable(z.number()), null);
const object = z.catch(z.record(z.string(), z.unknown()), {});
const id = z.string().check(z.minLength(1));

const hyperparameter = z.catch(z.union([z.literal('auto'), z.number()]), 'auto');
const hyperparametersSchema = z.object({
  n_epochs: hyperparameter,
  batch_size: hyperparameter,
  learning_rate_multiplier: hyperparameter,
});

const jobSchema = z.object({
  id,
  status: id,
  created_at: number,
  finished_at: number,
  estimated_finish: number,
  model: text,
  fine_tuned_model: text,
  user_provided_suffix: text,
  suffix: text,
  seed: number,
  method: object,
  hyperparameters: object,
  training_file: text,
  validation_file: text,
  result_files: z.catch(z.array(z.string()), []),
  trained_tokens: number,
  error: object,
  metadata: object,
});

export function readJob(body: unknown): Job | null {
  const parsed = jobSchema.safeParse(body);
  if (!parsed.success) return null;
  const wire = parsed.data;
  const method = typeof wire.method['type'] === 'string' ? wire.method['type'] : 'supervised';
  return {
    id: wire.id,
    createdAt: wire.created_at ?? 0,
    finishedAt: wire.finished_at,
    estimatedFinish: wire.estimated_finish,
    status: wire.status,
    model: wire.model ?? '',
    fineTunedModel: wire.fine_tuned_model === '' ? null : wire.fine_tuned_model,
    suffix: wire.user_provided_suffix ?? wire.suffix,
    seed: wire.seed,
    method,
    hyperparameters: readHyperparameters(wire.method[method], wire.hyperparameters),
    trainingFile: wire.training_file ?? '',
    validationFile: wire.validation_file === '' ? null : wire.validation_file,
    resultFiles: wire.result_files,
    trainedTokens: wire.trained_tokens,
    error: readJobError(wire.error),
    metadata: Object.fromEntries(
      Object.entries(wire.metadata).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    ),
  };
}

/** Under `method.<type>` where it belongs, else the deprecated top-level field. */
function readHyperparameters(ofMethod: unknown, topLevel: unknown): Hyperparameters {
  const nested = z.object({ hyperparameters: hyperparametersSchema }).safeParse(ofMethod);
  return nested.success ? nested.data.hyperparameters : hyperparametersSchema.parse(topLevel);
}

/** Healthy jobs carry `null`, `{}` or an object of nulls. */
function readJobError(error: Record<string, unknown>): Job['error'] {
  const field = (name: string): string | null => {
    const value = error[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const code = field('code');
  const message = field('message');
  return code === null && message === null
    ? null
    : { code: code ?? 'error', message: message ?? code ?? '', param: field('param') };
}

const eventSchema = z.object({
  id: text,
  created_at: number,
  level: text,
  message: text,
  type: text,
  data: object,
});

export function readEvent(body: unknown): JobEvent | null {
  const parsed = eventSchema.safeParse(body);
  if (!parsed.success) return null;
  const { created_at, message, data } = parsed.data;
  const eventId = parsed.data.id ?? (message === null ? null : `${created_at ?? 0} ${message}`);
  if (eventId === null) return null;
  const type = parsed.data.type ?? 'message';
  return {
    id: eventId,
    createdAt: created_at ?? 0,
    level: parsed.data.level ?? 'info',
    message: message ?? '',
    type,
    metrics: readMetrics(data),
    moderation: type === 'moderation_checks' ? readModeration(data) : null,
  };
}

function readModeration(data: Record<string, unknown>): JobEvent['moderation'] {
  const parsed = z
    .object({ results: z.array(z.object({ category: text, flagged: z.catch(z.boolean(), false) })) })
    .safeParse(data);
  if (!parsed.success) return null;
  const { results } = parsed.data;
  return { categories: results.length, flagged: results.filter((r) => r.flagged).map((r) => r.category ?? 'unnamed') };
}

/** Null without a step. Not finite, not a number, or a negative loss (placeholders) count as missing. */
export function readMetrics(data: Record<string, unknown>): MetricPoint | null {
  const value = (...names: readonly string[]): number | null => {
    for (const name of names) {
      const found = data[name];
      if (typeof found === 'number' && Number.isFinite(found)) return found;
    }
    return null;
  };
  const positive = (...names: readonly string[]): number | null => {
    const found = value(...names);
    return found !== null && found >= 0 ? found : null;
  };
  const step = value('step');
  if (step === null) return null;
  return {
    step,
    totalSteps: positive('total_steps'),
    trainLoss: positive('train_loss'),
    trainAccuracy: positive('train_mean_token_accuracy', 'train_accuracy'),
    validLoss: positive('valid_loss', 'validation_loss'),
    validAccuracy: positive('valid_mean_token_accuracy', 'validation_mean_token_accuracy'),
    fullValidLoss: positive('full_valid_loss'),
    fullValidAccuracy: positive('full_valid_mean_token_accuracy'),
  };
}

const checkpointSchema = z.object({
  id,
  created_at: number,
  fine_tuned_model_checkpoint: text,
  step_number: number,
  metrics: object,
});

export function readCheckpoint(body: unknown): Checkpoint | null {
  const parsed = checkpointSchema.safeParse(body);
  if (!parsed.success) return null;
  const wire = parsed.data;
  const step = wire.step_number ?? 0;
  const metrics = readMetrics({ step, ...wire.metrics });
  if (metrics === null) return null;
  return {
    id: wire.id,
    createdAt: wire.created_at ?? 0,
    model: wire.fine_tuned_model_checkpoint ?? '',
    step,
    metrics,
  };
}

const fileSchema = z.object({ id, filename: text, bytes: number, created_at: number, purpose: text, status: text });

export function readFile(body: unknown): ProviderFile | null {
  const parsed = fileSchema.safeParse(body);
  if (!parsed.success) return null;
  const { created_at, filename, purpose, ...rest } = parsed.data;
  return { ...rest, filename: filename ?? '', createdAt: created_at ?? 0, purpose: purpose ?? '' };
}

const modelSchema = z.object({ id, created: number, owned_by: text, shutdown_date: text });

export function readModel(body: unknown): ModelInfo | null {
  const parsed = modelSchema.safeParse(body);
  if (!parsed.success) return null;
  const { created, owned_by, shutdown_date } = parsed.data;
  return { id: parsed.data.id, createdAt: created, ownedBy: owned_by, shutdownDate: shutdown_date };
}

const chatSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: text, refusal: text }),
        finish_reason: text,
      }),
    )
    .check(z.minLength(1)),
});

export function readChat(body: unknown): ChatReply | null {
  const parsed = chatSchema.safeParse(body);
  const choice = parsed.data?.choices[0];
  if (!choice) return null;
  return {
    text: choice.message.content ?? choice.message.refusal ?? '',
    finishReason: choice.finish_reason ?? 'unknown',
  };
}

export interface WirePage {
  readonly data: readonly unknown[];
  /** Null when the provider does not say. */
  readonly hasMore: boolean | null;
}

export function readPage(body: unknown): WirePage | null {
  const parsed = z
    .object({ data: z.array(z.unknown()), has_more: z.catch(z.nullable(z.boolean()), null) })
    .safeParse(body);
  return parsed.success ? { data: parsed.data.data, hasMore: parsed.data.has_more } : null;
}
