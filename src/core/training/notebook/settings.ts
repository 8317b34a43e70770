import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { whyNotComputed } from '../computedGraders.ts';
import type { AdvancedSettings, Hyperparameters, Job, MethodName } from '../job.ts';

/** Settings of a notebook. An `auto` is resolved by the notebook, by the rules of the trainer. */
export interface NotebookSettings {
  readonly method: MethodName;
  /** Id at the hub, or the name of a folder beside the notebook. */
  readonly baseModel: string;
  /** Commit at the hub; null: the newest. */
  readonly revision: string | null;
  /** Names of files beside the notebook. */
  readonly trainingFile: string;
  readonly validationFile: string | null;
  /** Name of the folder that receives the adapter. */
  readonly output: string;
  readonly seed: number;
  readonly hyperparameters: Pick<Hyperparameters, 'n_epochs' | 'batch_size' | 'learning_rate_multiplier' | 'beta'>;
  readonly advanced: AdvancedSettings;
  /** Grader of a reinforcement job; null for the other methods. */
  readonly grader: unknown;
  /** Multiplier of another provider, whose rate is not published; null where there is none. */
  readonly foreignMultiplier: number | null;
  /** The job stops early, which the notebook does not. */
  readonly stopsEarly: boolean;
}

/** Settings that come from a job. */
export type JobSettings = Pick<
  NotebookSettings,
  'method' | 'seed' | 'hyperparameters' | 'advanced' | 'grader' | 'foreignMultiplier'
>;

/** Seed of the trainer where a job has none. */
const DEFAULT_NOTEBOOK_SEED = 42;

/** Settings of a dataset without a job: everything is `auto`. */
export function datasetSettings(method: MethodName): Result<JobSettings> {
  if (method === 'reinforcement') return fail(noGrader());
  return ok({
    method,
    seed: DEFAULT_NOTEBOOK_SEED,
    hyperparameters: { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' },
    advanced: {},
    grader: null,
    foreignMultiplier: null,
  });
}

/**
 * Settings of a job, or the reason why no notebook can train it.
 * @param trainer `own`: the open-weights trainer, whose settings are taken as they are; `baseline`: the linear engine, whose epochs and
 * batches are no measure for a language model; `other`: another provider
 */
export function jobSettings(job: Job, trainer: 'own' | 'baseline' | 'other'): Result<JobSettings> {
  const { method, hyperparameters, grader = null } = job;
  if (method !== 'supervised' && method !== 'dpo' && method !== 'reinforcement')
    return fail({
      code: 'method-not-exported',
      message: t('No notebook can train by the method of this job.'),
      action: t('Choose a job of the method {0}, {1} or {2}.', 'supervised', 'dpo', 'reinforcement'),
    });
  if (method === 'reinforcement') {
    const reason = grader === null ? noGrader() : whyNotComputed(grader);
    if (reason !== null) return fail(reason);
  }
  const isOwn = trainer === 'own';
  const { n_epochs, batch_size, learning_rate_multiplier: multiplier, beta = 'auto' } = hyperparameters;
  return ok({
    method,
    seed: job.seed ?? DEFAULT_NOTEBOOK_SEED,
    hyperparameters: {
      n_epochs: trainer === 'baseline' ? 'auto' : n_epochs,
      batch_size: trainer === 'baseline' ? 'auto' : batch_size,
      // A multiplier multiplies a rate of its provider's.
      learning_rate_multiplier: isOwn ? multiplier : 'auto',
      ...(method === 'supervised' ? {} : { beta }),
    },
    // How a batch is divided depends on the memory of the machine, and changes no number.
    advanced: isOwn ? { ...job.advanced, gradient_accumulation: 'auto' } : {},
    grader: method === 'reinforcement' ? grader : null,
    foreignMultiplier: trainer === 'other' && typeof multiplier === 'number' ? multiplier : null,
  });
}

function noGrader(): { readonly code: string; readonly message: string; readonly action: string } {
  return {
    code: 'no-grader',
    message: t('Reinforcement needs a grader, and this dataset has none of its own.'),
    action: t('Start a job with a grader, and export that job.'),
  };
}
