// Messages of the trainer, a JSON object a line. The document of both sides is trainer/src/tuning_fork_trainer/protocol.schema.json; a
// test compares these schemas with it.
import * as z from 'zod/mini';
import { fail, ok, type Result } from '../../../core/base/result.ts';

const count = z.int().check(z.minimum(0));
const positive = z.int().check(z.minimum(1));
const text = z.string().check(z.minLength(1));
const share = z.number().check(z.minimum(0), z.maximum(1));
const atLeastZero = z.number().check(z.minimum(0));
const auto = z.literal('auto');
const autoCount = z.union([auto, positive]);
const autoNumber = z.union([auto, z.number().check(z.gt(0))]);

const readySchema = z.strictObject({
  type: z.literal('ready'),
  version: z.literal(1),
  device: z.enum(['cpu', 'cuda', 'mps']),
  devices: positive,
  workers: z.optional(positive),
  nodes: z.optional(positive),
  model: z.string(),
  parameters: positive,
  trainable_parameters: positive,
  tokens_per_epoch: count,
  hyperparameters: z.strictObject({
    n_epochs: positive,
    batch_size: positive,
    learning_rate_multiplier: z.number(),
    beta: z.optional(z.number()),
  }),
  advanced: z.strictObject({
    lora_rank: z.int(),
    lora_alpha: z.number(),
    target_modules: z.union([z.literal('all-linear'), z.array(z.string())]),
    load_in_4bit: z.boolean(),
    gradient_accumulation: positive,
    max_length: positive,
    packing: z.boolean(),
    group_by_length: z.boolean(),
    validation_every: positive,
    validation_sample: positive,
  }),
  total_steps: positive,
  steps_done: count,
  seconds_estimate: z.nullable(atLeastZero),
  tokens_per_second: z.nullable(atLeastZero),
  memory_needed: count,
  memory_available: count,
});

const noticeSchema = z.strictObject({
  type: z.literal('notice'),
  level: z.enum(['info', 'warn']),
  code: z.string().check(z.regex(/^[a-z0-9-]+$/u)),
  message: text,
});

/** Any other name may have a number: rewards, for instance. */
const metricSchema = z
  .catchall(
    z.object({
      type: z.literal('metric'),
      step: count,
      total_steps: positive,
      epoch: atLeastZero,
      train_loss: z.optional(z.number()),
      train_mean_token_accuracy: z.optional(share),
      valid_loss: z.optional(z.number()),
      valid_mean_token_accuracy: z.optional(share),
      full_valid_loss: z.optional(z.number()),
      full_valid_mean_token_accuracy: z.optional(share),
      tokens: count,
      tokens_per_second: atLeastZero,
      examples_losses: z.optional(z.array(z.nullable(z.number()))),
    }),
    z.number(),
  )
  .check(z.refine((metric) => metric.examples_losses === undefined || metric.full_valid_loss !== undefined));

const outputSchema = z.union([
  readySchema,
  noticeSchema,
  metricSchema,
  z.strictObject({ type: z.literal('checkpoint'), step: count, path: text, metrics: metricSchema }),
  z.strictObject({
    type: z.literal('model'),
    path: text,
    step: count,
    stopped_early: z.boolean(),
    peak_memory: count,
  }),
  z.strictObject({ type: z.literal('paused'), path: text, step: count, peak_memory: z.optional(count) }),
  z.strictObject({
    type: z.literal('cancelled'),
    path: z.nullable(z.string()),
    step: count,
    peak_memory: z.optional(count),
  }),
  z.strictObject({
    type: z.literal('error'),
    code: z.enum([
      'no-model',
      'bad-model',
      'no-network',
      'no-memory',
      'no-disk',
      'nan-loss',
      'bad-file',
      'bad-grader',
      'bad-job',
      'pickled-weights',
      'remote-code',
      'no-cluster',
      'bad-token',
      'bad-cluster',
      'ray-version',
      'no-packages',
      'no-storage',
      'not-shared',
      'no-resources',
      'worker-lost',
      'cluster-lost',
      'bad-template',
      'repo-exists',
      'internal',
    ]),
    message: text,
    action: text,
    memory_needed: z.optional(count),
    memory_available: z.optional(count),
  }),
]);

export const jobSchema = z.strictObject({
  version: z.literal(1),
  method: z.enum(['supervised', 'dpo', 'reinforcement']),
  /** Id at the hub, folder with safetensors, or GGUF file. */
  model: text,
  revision: z.optional(z.nullable(z.string())),
  training_file: text,
  validation_file: z.optional(z.nullable(text)),
  /** Folder in which checkpoint-STEP and model are made. */
  output: text,
  /** Folder of a checkpoint. */
  resume: z.optional(z.nullable(text)),
  seed: z.optional(z.int().check(z.minimum(0), z.maximum(4_294_967_295))),
  hyperparameters: z.optional(
    z.strictObject({
      n_epochs: z.optional(autoCount),
      batch_size: z.optional(autoCount),
      learning_rate_multiplier: z.optional(autoNumber),
      beta: z.optional(autoNumber),
    }),
  ),
  advanced: z.optional(
    z.strictObject({
      lora_rank: z.optional(z.int().check(z.minimum(1), z.maximum(1024))),
      lora_alpha: z.optional(z.number().check(z.gt(0))),
      target_modules: z.optional(z.union([z.literal('all-linear'), z.readonly(z.array(text).check(z.minLength(1)))])),
      load_in_4bit: z.optional(z.boolean()),
      gradient_accumulation: z.optional(autoCount),
      max_length: z.optional(autoCount),
      packing: z.optional(z.boolean()),
      group_by_length: z.optional(z.boolean()),
      validation_every: z.optional(autoCount),
      validation_sample: z.optional(positive),
    }),
  ),
  graders: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  early_stop: z.optional(z.boolean()),
});

export type Output = z.infer<typeof outputSchema>;
export type Metric = z.infer<typeof metricSchema>;
export type Job = z.infer<typeof jobSchema>;
export type Command = { readonly type: 'cancel' } | { readonly type: 'pause' };

/** Characters of a line that are shown to the user. */
const SHOWN = 120;

/** Message of a line; else what came instead of one. */
export function parseOutput(line: string): Result<Output, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fail(excerpt(line));
  }
  const output = outputSchema.safeParse(value);
  return output.success ? ok(output.data) : fail(excerpt(line));
}

function excerpt(line: string): string {
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN)}…`;
}

/** The last word of a training. */
export function isLastOutput({ type }: Output): boolean {
  return ['model', 'paused', 'cancelled', 'error'].includes(type);
}
