import { t } from '../../../core/base/messages.ts';
import type { AdapterInfo } from '../../../core/provider/api.ts';
import { isServedHere, type Connection } from '../../../core/provider/connection.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import { parseModelName, shortModelName } from '../../../core/training/modelName.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { isJobRef, recordOf } from '../../jobs/jobRef.ts';
import { isModelRef, type ModelRef } from '../../models/modelRef.ts';
import { isOpenWeightsTuned } from '../../models/openWeightsTuned.ts';
import type { Services } from '../../services.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';

export interface ChosenModel {
  /** Connection whose server has its adapter. */
  readonly connectionId: string;
  readonly model: string;
  /** Name for people. */
  readonly label: string;
  /** Null for the job's own model. */
  readonly step: number | null;
  /** Null: this machine has no record of its job. */
  readonly record: JobRecord | null;
}

/**
 * Model that a command was called on: a node of the Models view, a job, or one that the user chooses.
 * @throws ProblemError when it is none whose adapter is on this machine, or when there is none
 */
export async function chooseModel(
  services: Pick<Services, 'connections' | 'jobs' | 'ui'>,
  arg: unknown,
  title: string,
): Promise<ChosenModel> {
  await services.jobs.load();
  const served = (await services.connections.list()).filter(isServedHere);
  if (isModelRef(arg)) return checked(services, served, arg);
  if (isJobRef(arg)) {
    const { connectionId, job } = recordOf(services, arg);
    if (job.fineTunedModel === null) {
      throw new ProblemError({
        code: 'no-model',
        message: t('This job has no model yet.'),
        action: t('Wait until it has succeeded.'),
      });
    }
    return checked(services, served, { connectionId, model: job.fineTunedModel });
  }
  const items = served.flatMap((connection) =>
    services.jobs.list(connection.id).flatMap(({ job, gone, local }) => {
      const model = job.fineTunedModel;
      if (gone || model === null || !isOpenWeightsTuned(connection, model)) return [];
      return [
        {
          label: plainText(jobTitle(job, local.name)),
          description: plainText(job.model),
          detail: plainText(model),
          ref: { connectionId: connection.id, model },
        },
      ];
    }),
  );
  if (items.length === 0) {
    throw new ProblemError({
      code: 'no-model',
      message: t('No open-weights model was fine-tuned on this machine.'),
      action: t('Fine-tune one first.'),
    });
  }
  const chosen = await services.ui.pick(items, {
    title,
    placeHolder: t('Which model?'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen) throw new Cancelled();
  return checked(services, served, chosen.ref);
}

function checked(
  { jobs }: Pick<Services, 'jobs'>,
  served: readonly Connection[],
  { connectionId, model }: ModelRef,
): ChosenModel {
  const connection = served.find(({ id }) => id === connectionId);
  if (connection === undefined || !isOpenWeightsTuned(connection, model)) {
    throw new ProblemError({
      code: 'not-open-weights',
      message: t('{0} was not fine-tuned on this machine from open weights.', shortModelName(model)),
      action: t('Choose a model that was.'),
    });
  }
  const step = parseModelName(model).checkpointStep;
  const record =
    jobs
      .list(connectionId)
      .find(({ job, checkpoints }) => job.fineTunedModel === model || checkpoints.some((one) => one.model === model)) ??
    null;
  const label = record === null || step !== null ? shortModelName(model) : jobTitle(record.job, record.local.name);
  return { connectionId, model, label, step, record };
}

/** Asks the model's server for the adapter. @throws ProblemError when it is gone */
export async function findAdapter(
  { providers }: Pick<Services, 'providers'>,
  { connectionId, model, label }: ChosenModel,
  signal: AbortSignal,
): Promise<AdapterInfo> {
  try {
    const provider = await providers.get(connectionId);
    return await provider.findAdapter(model, { signal });
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
    if (error.status !== 404) throw new ProblemError(error.problem);
    throw new ProblemError({
      code: 'adapter-gone',
      message: t('The adapter of {0} is no longer on this machine.', label),
      action: t('Train the model again.'),
    });
  }
}
