import * as z from 'zod/mini';
import { readAdvanced } from '../../core/training/advanced.ts';

// The shapes of the state files. A file that does not fit (cut short, of another version) is set aside, not guessed at.

const hyperparameter = z.union([z.number(), z.literal('auto')]);
const hyperparameters = z.object({
  n_epochs: hyperparameter,
  batch_size: hyperparameter,
  learning_rate_multiplier: hyperparameter,
});

/** Settings of the open-weights trainer; absent in files of earlier versions. */
const advanced = z.optional(z.pipe(z.unknown(), z.transform(readAdvanced)));

export const fileRecordSchema = z.object({
  id: z.string(),
  object: z.literal('file'),
  bytes: z.number(),
  created_at: z.number(),
  expires_at: z.optional(z.number()),
  filename: z.string(),
  purpose: z.string(),
  status: z.literal('processed'),
});

const jobSchema = z.object({
  id: z.string(),
  object: z.literal('fine_tuning.job'),
  created_at: z.number(),
  error: z.nullable(z.object({ code: z.string(), message: z.string(), param: z.nullable(z.string()) })),
  fine_tuned_model: z.nullable(z.string()),
  finished_at: z.nullable(z.number()),
  hyperparameters,
  model: z.string(),
  organization_id: z.string(),
  result_files: z.array(z.string()),
  status: z.enum(['validating_files', 'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled']),
  trained_tokens: z.nullable(z.number()),
  training_file: z.string(),
  validation_file: z.nullable(z.string()),
  integrations: z.array(z.object({ type: z.literal('wandb'), wandb: z.record(z.string(), z.unknown()) })),
  /** Null: not known, of an imported adapter. */
  seed: z.nullable(z.number()),
  estimated_finish: z.nullable(z.number()),
  method: z.union([
    z.object({ type: z.literal('supervised'), supervised: z.object({ hyperparameters, advanced }) }),
    z.object({
      type: z.literal('dpo'),
      dpo: z.object({ hyperparameters: z.extend(hyperparameters, { beta: z.optional(hyperparameter) }), advanced }),
    }),
    z.object({
      type: z.literal('reinforcement'),
      reinforcement: z.object({ grader: z.record(z.string(), z.unknown()), hyperparameters, advanced }),
    }),
  ]),
  metadata: z.record(z.string(), z.string()),
  user_provided_suffix: z.nullable(z.string()),
  // Absent in files of earlier versions.
  trained_on: z.optional(
    z.object({
      device: z.optional(z.string()),
      devices: z.optional(z.number()),
      workers: z.optional(z.number()),
      nodes: z.optional(z.number()),
      peak_memory: z.optional(z.number()),
      seconds: z.optional(z.number()),
    }),
  ),
});

const checkpointSchema = z.object({
  id: z.string(),
  object: z.literal('fine_tuning.job.checkpoint'),
  created_at: z.number(),
  fine_tuned_model_checkpoint: z.string(),
  fine_tuning_job_id: z.string(),
  step_number: z.number(),
  metrics: z.record(z.string(), z.number()),
});

/** Job with the facts that are never sent as part of it. */
export const jobRecordSchema = z.object({
  /** Order of creation: two jobs may be born in one second. */
  order: z.number(),
  /** Eight letters every model name of this job ends in. */
  name: z.string(),
  job: jobSchema,
  checkpoints: z.array(checkpointSchema),
  /** File with the progress of a paused training; null when there is none. */
  resume: z._default(z.nullable(z.string()), null),
  /** Settings of the open-weights trainer as they were asked for: those of the job become the ones that were used. */
  advanced,
});

/** A file that is coming in parts. */
export const uploadRecordSchema = z.object({
  id: z.string(),
  created_at: z.number(),
  expires_at: z.number(),
  filename: z.string(),
  purpose: z.string(),
  bytes: z.number(),
  status: z.enum(['pending', 'completed', 'cancelled', 'expired']),
  parts: z.array(
    z.object({
      id: z.string(),
      created_at: z.number(),
      bytes: z.number(),
      /** Where it begins in the upload's own file; without it the part has a file of its own. */
      start: z.optional(z.number()),
    }),
  ),
  /** Seconds the file is to be kept; null: for good. */
  expiresAfter: z.nullable(z.number()),
  /** The file it becomes, decided before it is put together. */
  fileId: z.nullable(z.string()),
  /** The parts it was put together of. */
  order: z._default(z.nullable(z.array(z.string())), null),
});

export const modelRecordSchema = z.object({
  id: z.string(),
  created: z.number(),
  base: z.string(),
  job: z.string(),
  /** The file with its weights; a finished model and its last checkpoint share one. */
  blob: z.string(),
});

export const eventSchema = z.object({
  id: z.string(),
  object: z.literal('fine_tuning.job.event'),
  created_at: z.number(),
  level: z.enum(['info', 'warn', 'error']),
  message: z.string(),
  type: z.enum(['message', 'metrics']),
  data: z.record(z.string(), z.unknown()),
});

export type JobRecord = z.infer<typeof jobRecordSchema>;
export type ModelRecord = z.infer<typeof modelRecordSchema>;
export type UploadRecord = z.infer<typeof uploadRecordSchema>;
export type FileRecord = z.infer<typeof fileRecordSchema>;
