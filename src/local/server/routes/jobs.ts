import { randomInt } from 'node:crypto';
import * as z from 'zod/mini';
import { checkAdvanced } from '../../../core/training/advanced.ts';
import { whyNotComputed } from '../../../core/training/computedGraders.ts';
import type { AdvancedSettings } from '../../../core/training/job.ts';
import { ApiError, invalid } from '../apiError.ts';
import type { Reply, Request } from '../http.ts';
import { parsed, readJson } from '../http.ts';
import { newId, randomName } from '../ids.ts';
import { isFinished } from '../../training/jobRecorder.ts';
import { checkedMetadata, metadataSchema } from '../metadata.ts';
import { pageOf } from '../paging.ts';
import type { MethodType } from '../../training/trainingMessages.ts';
import type { JobRecord } from '../records.ts';
import type { WireHyperparameters, WireMethod } from '../wire.ts';
import type { Context } from './context.ts';
import { FILE_LIMIT } from './files.ts';

const hyperparametersSchema = z.strictObject({
  n_epochs: z.optional(z.nullable(z.union([z.literal('auto'), z.int().check(z.minimum(1), z.maximum(50))]))),
  batch_size: z.optional(z.nullable(z.union([z.literal('auto'), z.int().check(z.minimum(1), z.maximum(256))]))),
  learning_rate_multiplier: z.optional(
    z.nullable(z.union([z.literal('auto'), z.number().check(z.gt(0), z.maximum(1e6))])),
  ),
});

const auto = z.optional(z.nullable(z.literal('auto')));
const dpoSchema = z.extend(hyperparametersSchema, {
  beta: z.optional(z.nullable(z.union([z.literal('auto'), z.number().check(z.gt(0), z.maximum(2))]))),
});
/** What is only about OpenAI's own evaluation of such jobs is left to itself. */
const reinforcementSchema = z.extend(hyperparametersSchema, {
  compute_multiplier: auto,
  eval_interval: auto,
  eval_samples: auto,
  reasoning_effort: z.optional(z.nullable(z.literal('default'))),
});
/** Checked when the base and the method are known. */
const advanced = z.optional(z.unknown());
const dpoMethodSchema = z.strictObject({
  dpo: z.optional(z.nullable(z.strictObject({ hyperparameters: z.optional(dpoSchema), advanced }))),
});
const reinforcementMethodSchema = z.strictObject({
  reinforcement: z.strictObject({
    grader: z.record(z.string(), z.unknown()),
    hyperparameters: z.optional(reinforcementSchema),
    advanced,
  }),
});
const methodSchema = z.strictObject({
  type: z.string(),
  supervised: z.optional(z.nullable(z.strictObject({ hyperparameters: z.optional(hyperparametersSchema), advanced }))),
  // Read when the base is known to learn by them.
  dpo: z.optional(z.unknown()),
  reinforcement: z.optional(z.unknown()),
});

/** The fields of the published description; the real API refuses others too. */
const createSchema = z.strictObject({
  model: z.string(),
  training_file: z.string(),
  validation_file: z.optional(z.nullable(z.string())),
  suffix: z.optional(
    z.nullable(
      z.string().check(z.regex(/^[^:/\\\s\p{Cc}]{1,64}$/u, 'up to 64 characters without spaces, colons and slashes')),
    ),
  ),
  seed: z.optional(z.nullable(z.int().check(z.minimum(0), z.maximum(2_147_483_647)))),
  method: z.optional(z.nullable(methodSchema)),
  hyperparameters: z.optional(z.nullable(hyperparametersSchema)),
  integrations: z.optional(
    z.nullable(
      z
        .array(z.strictObject({ type: z.literal('wandb'), wandb: z.looseObject({ project: z.string() }) }))
        .check(z.maxLength(5)),
    ),
  ),
  metadata: metadataSchema,
});

/** /fine_tuning/jobs, /fine_tuning/jobs/{id}, …/cancel, …/pause, …/resume, …/events, …/checkpoints */
export async function jobs(request: Request, context: Context): Promise<Reply | null> {
  const [, kind, id, part, ...more] = request.segments;
  const { method } = request;
  if (kind !== 'jobs' || more.length > 0) return null;
  if (id === undefined) {
    if (method === 'POST') return { json: await create(request, context) };
    return method === 'GET' ? { json: list(request, context) } : null;
  }
  const record = context.store.jobs.get(id);
  if (!record)
    throw new ApiError(404, 'fine_tune_not_found', `Could not find fine-tuning job: ${id}`, 'fine_tuning_job_id');
  if (part === undefined) return method === 'GET' ? { json: present(record, context) } : null;
  if (method === 'POST') {
    if (part === 'cancel') return { json: cancel(record, context) };
    if (part === 'pause') return { json: await pause(record, context) };
    return part === 'resume' ? { json: resume(record, context) } : null;
  }
  if (method !== 'GET') return null;
  if (part === 'events') {
    const { object, data, has_more } = pageOf([...context.store.events(id)].reverse(), request.query, {
      limit: 20,
      most: 1000,
    });
    return { json: { object, data, has_more } };
  }
  if (part === 'checkpoints') {
    return { json: pageOf([...record.checkpoints].reverse(), request.query, { limit: 10, most: 100 }) };
  }
  return null;
}

function present({ job }: JobRecord, { runner }: Context): JobRecord['job'] {
  return job.status === 'running' ? { ...job, estimated_finish: runner.estimatedFinish(job.id) } : job;
}

async function create(request: Request, context: Context): Promise<JobRecord['job']> {
  const asked = parsed(createSchema, await readJson(request.raw));
  if (!context.engines.baseModels.includes(asked.model)) {
    throw new ApiError(
      404,
      'model_not_found',
      `The model '${asked.model}' cannot be fine-tuned here; this server has ${context.engines.baseModels.join(', ')}.`,
      'model',
    );
  }
  const methods = context.engines.methodsOf(asked.model);
  const type = methods.find((method) => method === (asked.method?.type ?? 'supervised'));
  if (type === undefined) {
    const known = methods.length === 1 ? 'supervised examples only' : `the methods ${methods.join(', ')}`;
    throw invalid(
      `The method '${asked.method?.type ?? ''}' is not supported: ${asked.model} learns from ${known}.`,
      'method.type',
      'unsupported_method',
    );
  }
  for (const [param, fileId] of [
    ['training_file', asked.training_file],
    ['validation_file', asked.validation_file ?? null],
  ] as const) {
    if (fileId === null) continue;
    const file = context.store.files.get(fileId);
    if (!file) throw invalid(`${fileId} does not exist.`, param, 'file_not_found');
    if (file.purpose !== 'fine-tune') throw invalid(`${fileId} was not uploaded with the purpose 'fine-tune'.`, param);
    if (file.bytes > FILE_LIMIT)
      throw invalid(`${fileId} is larger than the 512 MB this server can train on.`, param, 'file_too_large');
  }
  const metadata = checkedMetadata(asked.metadata);
  const { given, made, advanced: askedFor } = askedMethod(type, asked);
  const hyperparameters = {
    n_epochs: given.n_epochs ?? ('auto' as const),
    batch_size: given.batch_size ?? ('auto' as const),
    learning_rate_multiplier: given.learning_rate_multiplier ?? ('auto' as const),
  };
  const advanced = checkedAdvanced(askedFor, { asked, type, batchSize: hyperparameters.batch_size }, context);
  const record: JobRecord = {
    order: context.store.nextOrder(),
    name: randomName(8),
    checkpoints: [],
    resume: null,
    ...(advanced === undefined ? {} : { advanced }),
    job: {
      id: newId('ftjob-'),
      object: 'fine_tuning.job',
      created_at: context.store.nowSeconds(),
      error: null,
      fine_tuned_model: null,
      finished_at: null,
      hyperparameters,
      model: asked.model,
      organization_id: 'org-local',
      result_files: [],
      status: 'validating_files',
      trained_tokens: null,
      training_file: asked.training_file,
      validation_file: asked.validation_file ?? null,
      integrations: asked.integrations ?? [],
      seed: asked.seed ?? randomInt(0, 2_147_483_647),
      estimated_finish: null,
      method: made(hyperparameters, advanced),
      metadata,
      user_provided_suffix: asked.suffix ?? null,
    },
  };
  context.runner.add(record);
  return record.job;
}

type Given = z.infer<typeof hyperparametersSchema>;

/** Hyperparameters that were asked for, and the method with those that the job gets. */
function askedMethod(
  type: MethodType,
  asked: z.infer<typeof createSchema>,
): {
  readonly given: Given;
  /** Not checked yet. */
  readonly advanced: unknown;
  readonly made: (hyperparameters: WireHyperparameters, advanced: AdvancedSettings | undefined) => WireMethod;
} {
  const { method } = asked;
  const outside = asked.hyperparameters ?? {};
  switch (type) {
    case 'supervised':
      return {
        given: method?.supervised?.hyperparameters ?? outside,
        advanced: method?.supervised?.advanced,
        made: (hyperparameters, advanced) => ({ type, supervised: { hyperparameters, advanced } }),
      };
    case 'dpo': {
      const { dpo } = parsed(dpoMethodSchema, { dpo: method?.dpo });
      const beta = dpo?.hyperparameters?.beta ?? 'auto';
      return {
        given: dpo?.hyperparameters ?? outside,
        advanced: dpo?.advanced,
        made: (hyperparameters, advanced) => ({
          type,
          dpo: { hyperparameters: { ...hyperparameters, beta }, advanced },
        }),
      };
    }
    case 'reinforcement': {
      const { reinforcement } = parsed(reinforcementMethodSchema, { reinforcement: method?.reinforcement });
      const { grader } = reinforcement;
      const refused = whyNotComputed(grader);
      if (refused !== null)
        throw invalid(`${refused.message} ${refused.action}`, 'method.reinforcement.grader', 'unsupported_grader');
      return {
        given: reinforcement.hyperparameters ?? outside,
        advanced: reinforcement.advanced,
        made: (hyperparameters, advanced) => ({ type, reinforcement: { grader, hyperparameters, advanced } }),
      };
    }
  }
}

/** Settings of the open-weights trainer of a request; undefined when there are none. @throws ApiError that names the wrong one */
function checkedAdvanced(
  value: unknown,
  {
    asked,
    type,
    batchSize,
  }: {
    readonly asked: Pick<z.infer<typeof createSchema>, 'model'>;
    readonly type: MethodType;
    readonly batchSize: number | 'auto';
  },
  { engines }: Context,
): AdvancedSettings | undefined {
  if (value === undefined || value === null) return undefined;
  const param = `method.${type}.advanced`;
  if (!engines.takesAdvanced(asked.model))
    throw invalid(`${asked.model} has no advanced settings.`, param, 'unknown_parameter');
  const checked = checkAdvanced(value, { method: type, batchSize });
  if (checked.ok) return checked.value;
  const { name, message } = checked.error;
  throw invalid(message, name === '' ? param : `${param}.${name}`);
}

function list(request: Request, context: Context): unknown {
  const wanted: [string, string][] = [];
  for (const [name, value] of request.query) {
    const key = /^metadata\[(.*)\]$/u.exec(name)?.[1];
    if (key !== undefined) wanted.push([key, value]);
  }
  const items = [...context.store.jobs.values()]
    .filter(({ job }) =>
      wanted.every(([key, value]) => Object.hasOwn(job.metadata, key) && job.metadata[key] === value),
    )
    .reverse()
    .map((record) => present(record, context));
  const { object, data, has_more } = pageOf(items, request.query, { limit: 20, most: 100 });
  return { object, data, has_more };
}

function cancel(record: JobRecord, context: Context): JobRecord['job'] {
  const { id } = record.job;
  if (isFinished(record) || !context.runner.cancel(id)) {
    throw invalid(`The job ${id} has already ended (${record.job.status}).`, null, 'job_ended');
  }
  return (context.store.jobs.get(id) ?? record).job;
}

async function pause(record: JobRecord, context: Context): Promise<JobRecord['job']> {
  const { id, status } = record.job;
  // Asked again after an answer was lost.
  if (status === 'paused') return record.job;
  if (status !== 'queued' && status !== 'running')
    throw invalid(`The job ${id} is ${status}: only a queued or running job can be paused.`, null, 'job_not_running');
  await context.runner.pause(id);
  const { job } = context.store.jobs.get(id) ?? record;
  if (job.status !== 'paused')
    throw invalid(`The job ${id} came to its end (${job.status}) before it could be paused.`, null, 'job_ended');
  return job;
}

function resume(record: JobRecord, context: Context): JobRecord['job'] {
  const { id, status } = record.job;
  if (status !== 'paused')
    throw invalid(`The job ${id} is ${status}: only a paused job can be resumed.`, null, 'job_not_paused');
  context.runner.resume(id);
  return (context.store.jobs.get(id) ?? record).job;
}
