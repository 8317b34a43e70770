import * as z from 'zod/mini';
import type { Checkpoint, Job, JobEvent, MetricPoint } from '../../core/training/job.ts';

/** What only we know about a job. */
export interface LocalFacts {
  /** What the trees call it. */
  readonly name: string | null;
  readonly trainingPath: string | null;
  readonly validationPath: string | null;
  readonly testPath: string | null;
  /** US dollars at the start; 0 when free, null when unknown. */
  readonly priceEstimate: number | null;
  /** E.g. `Price is $`, found in the training answers. */
  readonly answerPrefix: string | null;
  /** Examples in the training file at the start. */
  readonly examples: number | null;
  /** The user was told how it ended (or it had ended before it was first seen). */
  readonly notified: boolean;
  readonly startedHere: boolean;
  readonly intentId: string | null;
  /** Not shown in the trees unless hidden jobs are asked for. */
  readonly hidden: boolean;
  /** The dataset the person chose (`trainingPath` is the copy that was uploaded), with its hash at the start. */
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  /** Seed by which the dataset was split into training and validation examples for the start; null when it was not. */
  readonly splitSeed: number | null;
  /** Ids of files of the job that were deleted at the provider from here. */
  readonly deletedFiles: readonly string[];
  /** A job of another tool that the person wants to handle from here. */
  readonly adopted: boolean;
}

export const NO_LOCAL_FACTS: LocalFacts = {
  name: null,
  trainingPath: null,
  validationPath: null,
  testPath: null,
  priceEstimate: null,
  answerPrefix: null,
  examples: null,
  notified: false,
  startedHere: false,
  intentId: null,
  hidden: false,
  sourcePath: null,
  sourceSha256: null,
  splitSeed: null,
  deletedFiles: [],
  adopted: false,
};

export interface JobRecord {
  readonly connectionId: string;
  readonly job: Job;
  /** Newest first, each id once. */
  readonly events: readonly JobEvent[];
  /** One point a step, by step; made of the events. */
  readonly metrics: readonly MetricPoint[];
  readonly checkpoints: readonly Checkpoint[];
  readonly local: LocalFacts;
  /** Events and checkpoints were read after the job had ended: nothing more will come. */
  readonly complete: boolean;
  /** The provider no longer knows it; what was seen is kept. */
  readonly gone: boolean;
  /** Unix milliseconds of the last answer about it. */
  readonly seenAt: number;
}

const nullableText = z.nullable(z.string());
const nullableNumber = z.nullable(z.number());
const auto = z.union([z.literal('auto'), z.number()]);

const metricSchema = z.object({
  step: z.number(),
  totalSteps: nullableNumber,
  trainLoss: nullableNumber,
  trainAccuracy: nullableNumber,
  validLoss: nullableNumber,
  validAccuracy: nullableNumber,
  fullValidLoss: nullableNumber,
  fullValidAccuracy: nullableNumber,
});

const jobSchema = z.object({
  id: z.string(),
  createdAt: z.number(),
  finishedAt: nullableNumber,
  estimatedFinish: nullableNumber,
  status: z.string(),
  model: z.string(),
  fineTunedModel: nullableText,
  suffix: nullableText,
  seed: nullableNumber,
  method: z.string(),
  hyperparameters: z.object({
    n_epochs: auto,
    batch_size: auto,
    learning_rate_multiplier: auto,
    beta: z.exactOptional(auto),
    compute_multiplier: z.exactOptional(auto),
    eval_interval: z.exactOptional(auto),
    eval_samples: z.exactOptional(auto),
    reasoning_effort: z.exactOptional(z.string()),
  }),
  grader: z.optional(z.unknown()),
  trainingFile: z.string(),
  validationFile: nullableText,
  resultFiles: z.array(z.string()),
  trainedTokens: nullableNumber,
  error: z.nullable(z.object({ code: z.string(), message: z.string(), param: nullableText })),
  metadata: z.record(z.string(), z.string()),
  wandb: z.catch(
    z.optional(
      z.nullable(
        z.object({
          project: z.string(),
          entity: nullableText,
          name: nullableText,
          tags: z.array(z.string()),
          runId: z.exactOptional(nullableText),
          url: z.exactOptional(nullableText),
        }),
      ),
    ),
    null,
  ),
});

const eventSchema = z.object({
  id: z.string(),
  createdAt: z.number(),
  level: z.string(),
  message: z.string(),
  type: z.string(),
  metrics: z.nullable(metricSchema),
  moderation: z.nullable(z.object({ categories: z.number(), flagged: z.array(z.string()) })),
});

const checkpointSchema = z.object({
  id: z.string(),
  createdAt: z.number(),
  model: z.string(),
  step: z.number(),
  metrics: metricSchema,
});

const localSchema = z.object({
  name: z.catch(nullableText, null),
  trainingPath: z.catch(nullableText, null),
  validationPath: z.catch(nullableText, null),
  testPath: z.catch(nullableText, null),
  priceEstimate: z.catch(nullableNumber, null),
  answerPrefix: z.catch(nullableText, null),
  examples: z.catch(nullableNumber, null),
  notified: z.catch(z.boolean(), false),
  startedHere: z.catch(z.boolean(), false),
  intentId: z.catch(nullableText, null),
  hidden: z.catch(z.boolean(), false),
  sourcePath: z.catch(nullableText, null),
  sourceSha256: z.catch(nullableText, null),
  splitSeed: z.catch(nullableNumber, null),
  deletedFiles: z.catch(z.array(z.string()), []),
  adopted: z.catch(z.boolean(), false),
});

/** As it lies in the file. The metrics are made of the events when it is read. */
export const storedRecordSchema = z.object({
  v: z.literal(1),
  connectionId: z.string(),
  job: jobSchema,
  events: z.array(eventSchema),
  checkpoints: z.array(checkpointSchema),
  local: localSchema,
  complete: z.boolean(),
  gone: z.boolean(),
  seenAt: z.number(),
  // Files of the first version have none.
  fence: z.catch(z.number(), 0),
});
