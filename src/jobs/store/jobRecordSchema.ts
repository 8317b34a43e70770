// Loaded on first use: activation pays for no schema.
import * as z from 'zod/mini';

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
  // Absent in files of earlier versions, and where a provider reports losses only.
  others: z.exactOptional(z.record(z.string(), z.number())),
});

const hyperparameters = z.object({
  n_epochs: auto,
  batch_size: auto,
  learning_rate_multiplier: auto,
  beta: z.exactOptional(auto),
  compute_multiplier: z.exactOptional(auto),
  eval_interval: z.exactOptional(auto),
  eval_samples: z.exactOptional(auto),
  reasoning_effort: z.exactOptional(z.string()),
});

const advanced = z.object({
  lora_rank: z.exactOptional(z.number()),
  lora_alpha: z.exactOptional(z.number()),
  target_modules: z.exactOptional(z.union([z.literal('all-linear'), z.array(z.string())])),
  load_in_4bit: z.exactOptional(z.boolean()),
  gradient_accumulation: z.exactOptional(auto),
  max_length: z.exactOptional(auto),
  packing: z.exactOptional(z.boolean()),
  group_by_length: z.exactOptional(z.boolean()),
  validation_every: z.exactOptional(auto),
  validation_sample: z.exactOptional(z.number()),
});

const trainedOn = z.object({
  device: nullableText,
  devices: nullableNumber,
  workers: nullableNumber,
  nodes: nullableNumber,
  peakMemory: nullableNumber,
  seconds: nullableNumber,
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
  hyperparameters,
  // Absent in files of earlier versions, and for every trainer but that of open weights.
  advanced: z.exactOptional(advanced),
  // Absent in files of earlier versions, and where the server tells nothing of it.
  trainedOn: z.exactOptional(trainedOn),
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
  starred: z.catch(z.boolean(), false),
  askedHyperparameters: z.catch(z.nullable(hyperparameters), null),
  askedAdvanced: z.catch(z.nullable(advanced), null),
});

/** Events of a record's file, or some of them. */
export const eventsSchema = z.array(eventSchema);

/** Record in the file. Its events are in a journal beside it; earlier versions kept them here. */
export const storedRecordSchema = z.object({
  v: z.literal(1),
  connectionId: z.string(),
  job: jobSchema,
  events: eventsSchema,
  checkpoints: z.array(checkpointSchema),
  local: localSchema,
  complete: z.boolean(),
  gone: z.boolean(),
  seenAt: z.number(),
  // Absent in files of the first version.
  fence: z.catch(z.number(), 0),
  // Absent in files that have their events themselves.
  eventCount: z.catch(z.number(), 0),
});
