import type { ProviderProfile } from '../core/provider/profiles.ts';
import type { CreateJobRequest } from '../core/provider/api.ts';
import { hyperparametersOf } from '../core/training/hyperparameters.ts';
import type { JobMethod, WandbTarget } from '../core/training/job.ts';

/** Makes the body of `POST /fine_tuning/jobs` in the form this provider takes. */
export function jobBody(job: CreateJobRequest, profile: ProviderProfile): Readonly<Record<string, unknown>> {
  return {
    model: job.model,
    training_file: job.trainingFile,
    ...(job.validationFile === null ? {} : { validation_file: job.validationFile }),
    ...(job.suffix === null ? {} : { suffix: job.suffix }),
    ...(job.seed === null ? {} : { seed: job.seed }),
    ...(job.wandb === null || !profile.wandb ? {} : { integrations: [integration(job.wandb)] }),
    ...(profile.hyperparameters === 'method'
      ? { method: methodOf(job.method, profile) }
      : { hyperparameters: { ...profile.extraHyperparameters, ...numbersOf(job.method) } }),
    metadata: job.metadata,
  };
}

function methodOf(method: JobMethod, profile: ProviderProfile): Readonly<Record<string, unknown>> {
  const effort = method.hyperparameters.reasoning_effort;
  const { advanced = {} } = method;
  return {
    type: method.name,
    [method.name]: {
      ...(method.name === 'reinforcement' ? { grader: method.grader } : {}),
      hyperparameters: {
        // Only the method's own: some providers refuse one of another method.
        ...Object.fromEntries(
          hyperparametersOf(method.name).flatMap(({ name }) => {
            const value = method.hyperparameters[name];
            return value === undefined ? [] : [[name, value]];
          }),
        ),
        ...(method.name === 'reinforcement' && effort !== undefined ? { reasoning_effort: effort } : {}),
      },
      ...(profile.advanced && Object.keys(advanced).length > 0 ? { advanced } : {}),
    },
  };
}

/** Hyperparameters with a number: this form has no `auto`, and an absent field leaves the choice to the provider. */
function numbersOf(method: JobMethod): Readonly<Record<string, number>> {
  return Object.fromEntries(
    hyperparametersOf(method.name).flatMap(({ name }) => {
      const value = method.hyperparameters[name];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

function integration({ project, entity, name, tags }: WandbTarget): Readonly<Record<string, unknown>> {
  return {
    type: 'wandb',
    wandb: {
      project,
      ...(entity === null ? {} : { entity }),
      ...(name === null ? {} : { name }),
      ...(tags.length === 0 ? {} : { tags }),
    },
  };
}
