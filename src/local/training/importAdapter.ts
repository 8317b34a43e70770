// Adapters that were trained elsewhere, as jobs with a model and curves. The copied folder is marked until the job's record is on the disk:
// what an import leaves when the server ends in between is removed at the next start.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { isTrainerState, parseLaxJson } from '../../core/training/curves/trainerState.ts';
import { historyOf, type TrainerHistory } from '../../core/training/curves/trainerHistory.ts';
import { IMPORTED_METADATA } from '../../core/training/imported.ts';
import { readAdvanced } from '../../core/training/advanced.ts';
import type { AdvancedSettings } from '../../core/training/job.ts';
import { FACTS, MOST_TEXT_BYTES, STATE } from '../../openWeights/adapter.ts';
import type { AdoptedAdapter } from '../engines/adoptedAdapter.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import { newId, randomName } from '../server/ids.ts';
import type { JobRecord } from '../server/records.ts';
import type { Store } from '../server/store.ts';
import type { WireHyperparameters, WireMethod } from '../server/wire.ts';
import { JobRecorder, modelName, resultCsv } from './jobRecorder.ts';

export interface ImportedAdapter {
  readonly job: string;
  readonly model: string;
  readonly base: string;
  /** Steps with figures. */
  readonly steps: number;
}

/**
 * Makes a job and a model of the adapter in a folder. Rejects with an ApiError where it cannot be used, and with the reason of `signal`;
 * nothing is left of it then.
 */
export async function importAdapter(
  store: Store,
  engines: EngineHost,
  { folder, suffix }: { readonly folder: string; readonly suffix: string | null },
  signal: AbortSignal,
): Promise<ImportedAdapter> {
  const jobId = newId('ftjob-');
  const history = await readHistory(path.join(folder, STATE));
  const facts = await readFacts(path.join(folder, FACTS));
  const adopted = await engines.adopt(jobId, folder, signal);
  // From here on nothing waits: no request sees a part of it.
  try {
    return record(store, engines, { jobId, suffix, history, facts, adopted });
  } catch (error) {
    remove(store, engines, jobId);
    throw error;
  }
}

/** Removes what interrupted imports left. */
export function sweepImports(store: Store, engines: EngineHost): void {
  for (const jobId of engines.adopting) {
    if (store.jobs.has(jobId)) engines.settle(jobId, true);
    else remove(store, engines, jobId);
  }
}

function remove(store: Store, engines: EngineHost, jobId: string): void {
  for (const model of [...store.models.values()]) if (model.job === jobId) store.deleteModel(model);
  const results = store.files.get(resultsOf(jobId));
  if (results) store.deleteFile(results);
  store.deleteJob(jobId);
  engines.settle(jobId, false);
}

/** Id of the result file, which follows from the job's: an interrupted import is found again. */
function resultsOf(jobId: string): string {
  return jobId.replace(/^ftjob-/u, 'file-');
}

interface Parts {
  readonly jobId: string;
  readonly suffix: string | null;
  readonly history: TrainerHistory | string;
  readonly facts: Facts;
  readonly adopted: AdoptedAdapter;
}

function record(store: Store, engines: EngineHost, parts: Parts): ImportedAdapter {
  const { jobId, history, adopted } = parts;
  const recorder = new JobRecorder(store, engines);
  const known = typeof history === 'string' ? null : history;
  const waiting = jobOf(store, parts, known);
  const model = modelName(waiting);
  const created = store.nowSeconds();
  store.addModel({ id: model, created, base: adopted.base, job: jobId, blob: store.addBlob(adopted.bytes) });
  recorder.say(jobId, 'info', `Imported an adapter of ${adopted.base} that was trained elsewhere`);
  for (const { step, figures } of known?.steps ?? [])
    recorder.metrics(jobId, { ...figures, step, total_steps: known?.totalSteps ?? step });
  const steps = known?.steps.length ?? 0;
  if (typeof history === 'string') recorder.say(jobId, 'warn', history);
  if (steps > 0)
    store.addFile(
      { filename: 'step_metrics.csv', purpose: 'fine-tune-results', expiresAfter: null, id: resultsOf(jobId) },
      Buffer.from(resultCsv(store, jobId)),
    );
  recorder.say(jobId, 'info', 'New fine-tuned model created', true);
  store.saveJob({
    ...waiting,
    job: {
      ...waiting.job,
      status: 'succeeded',
      fine_tuned_model: model,
      finished_at: created,
      result_files: steps > 0 ? [resultsOf(jobId)] : [],
    },
  });
  engines.settle(jobId, true);
  return { job: jobId, model, base: adopted.base, steps };
}

function jobOf(store: Store, { jobId, suffix, facts, adopted }: Parts, history: TrainerHistory | null): JobRecord {
  const hyperparameters: WireHyperparameters = {
    n_epochs: facts.hyperparameters.n_epochs ?? history?.epochs ?? 'auto',
    batch_size: facts.hyperparameters.batch_size ?? 'auto',
    learning_rate_multiplier: facts.hyperparameters.learning_rate_multiplier ?? 'auto',
  };
  return {
    order: store.nextOrder(),
    name: randomName(8),
    checkpoints: [],
    resume: null,
    job: {
      id: jobId,
      object: 'fine_tuning.job',
      created_at: store.nowSeconds(),
      error: null,
      fine_tuned_model: null,
      finished_at: null,
      hyperparameters,
      model: adopted.base,
      organization_id: 'org-local',
      result_files: [],
      status: 'succeeded',
      trained_tokens: history?.tokens ?? null,
      training_file: '',
      validation_file: null,
      integrations: [],
      seed: facts.seed,
      estimated_finish: null,
      method: methodOf(facts, hyperparameters, { ...facts.advanced, ...adopted.advanced }),
      metadata: { ...IMPORTED_METADATA },
      user_provided_suffix: suffix,
    },
  };
}

function methodOf(facts: Facts, hyperparameters: WireHyperparameters, advanced: AdvancedSettings): WireMethod {
  const { beta } = facts.hyperparameters;
  switch (facts.method) {
    case 'supervised':
      return { type: 'supervised', supervised: { hyperparameters, advanced } };
    case 'dpo':
      return {
        type: 'dpo',
        dpo: { hyperparameters: { ...hyperparameters, ...(beta === null ? {} : { beta }) }, advanced },
      };
    case 'reinforcement':
      return { type: 'reinforcement', reinforcement: { grader: facts.grader, hyperparameters, advanced } };
  }
}

/** History of the training, or the reason why there is none. */
async function readHistory(file: string): Promise<TrainerHistory | string> {
  const size = await stat(file).then(
    (found) => found.size,
    () => null,
  );
  if (size === null) return `The job has no curves: the adapter came without ${STATE}`;
  if (size > MOST_TEXT_BYTES) return `The job has no curves: ${STATE} is too large to be read`;
  const state = parseLaxJson(await readFile(file, 'utf8'));
  return isTrainerState(state) ? historyOf(state) : `The job has no curves: ${STATE} is damaged`;
}

const positive = z.catch(z.nullable(z.number().check(z.gt(0))), null);
const count = z.catch(z.nullable(z.int().check(z.minimum(1))), null);
const factsSchema = z.object({
  method: z.catch(z.enum(['supervised', 'dpo', 'reinforcement']), 'supervised'),
  seed: z.catch(z.nullable(z.int().check(z.minimum(0))), null),
  hyperparameters: z.catch(
    z.object({ n_epochs: count, batch_size: count, learning_rate_multiplier: positive, beta: positive }),
    { n_epochs: null, batch_size: null, learning_rate_multiplier: null, beta: null },
  ),
  advanced: z.catch(z.pipe(z.unknown(), z.transform(readAdvanced)), {}),
  grader: z.catch(z.record(z.string(), z.unknown()), {}),
});

type Facts = z.infer<typeof factsSchema>;

/** Settings that were noted beside the adapter; what is none is left out. */
async function readFacts(file: string): Promise<Facts> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const value = parseLaxJson(text);
  return factsSchema.parse(typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {});
}
