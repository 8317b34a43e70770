import * as z from 'zod/mini';
import { t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { readAdvanced } from './advanced.ts';
import { isHyperparameterName } from './hyperparameters.ts';
import type { Checkpoint, Hyperparameters, Job, WandbRun } from './job.ts';
import { parseMetrics } from './parseEvent.ts';
import { parseModelName } from './modelName.ts';
import { readTrainedOn } from './trainedOn.ts';
import { count, hyperparameter, list, record, step, text, texts } from './wire.ts';

const wireJob = z.object({
  id: z.string().check(z.minLength(1)),
  created_at: count,
  finished_at: count,
  estimated_finish: count,
  status: text,
  model: text,
  fine_tuned_model: text,
  suffix: text,
  user_provided_suffix: text,
  seed: count,
  method: record,
  hyperparameters: record,
  training_file: text,
  validation_file: text,
  result_files: texts,
  trained_tokens: count,
  error: record,
  metadata: record,
  integrations: list,
  trained_on: record,
});

/** Parses a job from a provider. Fails only when it is no object with an `id`: everything else has a fallback. */
export function parseJob(value: unknown): Result<Job> {
  const parsed = wireJob.safeParse(value);
  if (!parsed.success) {
    return fail({
      code: 'not-a-job',
      message: t('The server sent something that is not a fine-tuning job.'),
      action: t('Check the address of the connection: it must be the API, not a web page.'),
    });
  }
  const wire = parsed.data;
  const methodName = text.parse(wire.method['type']);
  const { advanced } = record.parse(wire.method[methodName ?? '']);
  const trainedOn = readTrainedOn(wire.trained_on);
  return ok({
    id: wire.id,
    createdAt: wire.created_at ?? 0,
    finishedAt: wire.finished_at,
    estimatedFinish: wire.estimated_finish,
    status: wire.status ?? 'unknown',
    model: wire.model ?? '',
    fineTunedModel: nonEmpty(wire.fine_tuned_model),
    suffix: nonEmpty(wire.suffix) ?? nonEmpty(wire.user_provided_suffix) ?? suffixOf(wire.fine_tuned_model),
    seed: wire.seed,
    method: methodName ?? 'supervised',
    hyperparameters: hyperparametersOf(wire.method, methodName ?? 'supervised', wire.hyperparameters),
    ...(advanced === undefined ? {} : { advanced: readAdvanced(advanced) }),
    ...(trainedOn === undefined ? {} : { trainedOn }),
    grader: record.parse(wire.method[methodName ?? ''])['grader'] ?? null,
    trainingFile: wire.training_file ?? '',
    validationFile: nonEmpty(wire.validation_file),
    resultFiles: wire.result_files,
    trainedTokens: wire.trained_tokens,
    error: errorOf(wire.error),
    metadata: metadataOf(wire.metadata),
    wandb: wandbOf(wire.integrations),
  });
}

const wireCheckpoint = z.object({
  id: z.string().check(z.minLength(1)),
  created_at: count,
  fine_tuned_model_checkpoint: text,
  step_number: step,
  metrics: record,
});

export function parseCheckpoint(value: unknown): Result<Checkpoint> {
  const parsed = wireCheckpoint.safeParse(value);
  if (!parsed.success) {
    return fail({
      code: 'not-a-checkpoint',
      message: t('The server sent something that is not a checkpoint.'),
      action: t('Check the address of the connection: it must be the API, not a web page.'),
    });
  }
  const wire = parsed.data;
  // Some providers repeat the step inside the metrics only.
  const at = wire.step_number ?? step.parse(wire.metrics['step']) ?? 0;
  const metrics = parseMetrics({ ...wire.metrics, step: at });
  return ok({
    id: wire.id,
    createdAt: wire.created_at ?? 0,
    model: wire.fine_tuned_model_checkpoint ?? '',
    step: at,
    metrics: metrics ?? { ...EMPTY_METRICS, step: at },
  });
}

const EMPTY_METRICS = {
  totalSteps: null,
  trainLoss: null,
  trainAccuracy: null,
  validLoss: null,
  validAccuracy: null,
  fullValidLoss: null,
  fullValidAccuracy: null,
} as const;

function nonEmpty(value: string | null): string | null {
  return value === '' ? null : value;
}

function suffixOf(model: string | null): string | null {
  return model === null ? null : parseModelName(model).suffix;
}

/** Reads hyperparameters from under the method or from the deprecated top level, which some providers still fill; each value from its place. */
function hyperparametersOf(
  method: Record<string, unknown>,
  name: string,
  top: Record<string, unknown>,
): Hyperparameters {
  const own = record.parse(record.parse(method[name])['hyperparameters']);
  const read = (key: string): number | 'auto' => {
    const value = hyperparameter.parse(own[key]);
    return value === 'auto' ? hyperparameter.parse(top[key]) : value;
  };
  const effort = text.parse(own['reasoning_effort']);
  return {
    n_epochs: read('n_epochs'),
    batch_size: read('batch_size'),
    learning_rate_multiplier: read('learning_rate_multiplier'),
    // Only values that were sent: a supervised job has no beta, not even an automatic one.
    ...Object.fromEntries(
      Object.keys(own)
        .filter((key) => isHyperparameterName(key) && key !== 'reasoning_effort' && own[key] !== null)
        .map((key) => [key, read(key)]),
    ),
    ...(effort === null ? {} : { reasoning_effort: effort }),
  };
}

/** Error of a job; null on a healthy one, in every shape that providers give it: null, `{}`, an object of nulls. */
function errorOf(error: Record<string, unknown>): Job['error'] {
  const code = nonEmpty(text.parse(error['code']));
  const message = nonEmpty(text.parse(error['message']));
  if (code === null && message === null) return null;
  return { code: code ?? 'unknown', message: message ?? code ?? '', param: nonEmpty(text.parse(error['param'])) };
}

function wandbOf(integrations: readonly unknown[]): WandbRun | null {
  for (const integration of integrations) {
    const { type, wandb } = record.parse(integration);
    const settings = record.parse(wandb);
    const read = (...keys: readonly string[]): string | null =>
      keys.map((key) => nonEmpty(text.parse(settings[key]))).find((value) => value !== null) ?? null;
    const project = read('project');
    if (type !== 'wandb' || project === null) continue;
    const url = read('url', 'run_url');
    return {
      project,
      entity: read('entity'),
      name: read('name'),
      tags: texts.parse(settings['tags']),
      runId: read('run_id', 'id'),
      url: url?.startsWith('https://') === true ? url : null,
    };
  }
  return null;
}

function metadataOf(metadata: Record<string, unknown>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
