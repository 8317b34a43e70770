import { isServedHere } from '../../../core/provider/connection.ts';
import type * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import { parseModelName, shortModelName } from '../../../core/training/modelName.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { isJobRef, recordOf } from '../../jobs/jobRef.ts';
import { isModelRef, type ModelRef } from '../../models/modelRef.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Services } from '../../services.ts';
import type { ModelTarget } from './evaluationPlan.ts';

type TargetServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'ui'>;

/** Model that a command was called on: a job, or a model of the Models view. Null when it was called on something else. */
export async function targetOf(services: TargetServices, arg: unknown): Promise<ModelTarget | null> {
  if (isModelRef(arg)) return namedModel(services, arg);
  if (!isJobRef(arg)) return null;
  const record = recordOf(services, arg);
  if (record.job.fineTunedModel !== null) return fromRecord(services, record, record.job.fineTunedModel);
  throw new ProblemError({
    code: 'no-model',
    message: t('{0} has no fine-tuned model.', jobTitle(record.job, record.local.name)),
    action: t('Wait for the job to succeed, or choose another one.'),
  });
}

/** Finds a model by its name, with the record of its job, also for a checkpoint. */
async function namedModel(services: TargetServices, { connectionId, model }: ModelRef): Promise<ModelTarget> {
  await services.jobs.load();
  const records = services.jobs.list(connectionId);
  const own = records.find(({ job }) => job.fineTunedModel === model);
  if (own) return fromRecord(services, own, model);
  const record =
    records.find(({ checkpoints }) => checkpoints.some((checkpoint) => checkpoint.model === model)) ?? null;
  const { form, base } = parseModelName(model);
  return {
    connection: await services.providers.connection(connectionId),
    model,
    label: shortModelName(model),
    base: record?.job.model ?? (form === 'plain' ? null : base),
    record,
  };
}

async function fromRecord(services: TargetServices, record: JobRecord, model: string): Promise<ModelTarget> {
  return {
    connection: await services.providers.connection(record.connectionId),
    model,
    label: jobTitle(record.job, record.local.name),
    base: record.job.model,
    record,
  };
}

/** Asks for a model: those of known jobs, newest first, or a name typed for one of the connections. */
export async function chooseTarget(services: TargetServices, title: string): Promise<ModelTarget> {
  await services.jobs.load();
  const connections = await services.connections.list();
  const tuned = services.jobs.list().flatMap((record) => {
    const connection = connections.find((candidate) => candidate.id === record.connectionId);
    const model = record.job.fineTunedModel;
    if (!connection || model === null || record.gone) return [];
    return [
      {
        label: plainText(jobTitle(record.job, record.local.name)),
        description: plainText(`${model} · ${connection.name}`),
        record,
        model,
      },
    ];
  });
  const typed = connections
    .filter((connection) => !isServedHere(connection))
    .map((connection) => ({
      label: t('$(edit) A model of {0} by name…', connection.name),
      alwaysShow: true,
      connection,
    }));
  if (tuned.length === 0 && typed.length === 0) {
    throw new ProblemError(
      {
        code: 'no-model',
        message: t('There is no fine-tuned model yet.'),
        action: t('Fine-tune one first; on this machine it takes seconds.'),
      },
      { title: t('Fine-Tune…'), command: 'tuningFork.startFineTuning' },
    );
  }
  type Item = vscode.QuickPickItem & Partial<(typeof tuned)[number]> & Partial<(typeof typed)[number]>;
  const items: Item[] = [...tuned, ...typed];
  const chosen = await services.ui.pick(items, {
    title,
    placeHolder: t('Choose a model'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (!chosen) throw new Cancelled();
  if (chosen.record && chosen.model !== undefined) return fromRecord(services, chosen.record, chosen.model);
  const { connection } = chosen;
  if (!connection) throw new Cancelled();
  const name = await services.ui.input({
    title,
    prompt: t("The model's name, as {0} spells it", connection.name),
    placeHolder: 'ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234',
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? t('Enter a name.') : null),
  });
  if (name === undefined) throw new Cancelled();
  const model = name.trim();
  const parsed = parseModelName(model);
  return {
    connection,
    model,
    label: shortModelName(model),
    base: parsed.form === 'plain' ? null : parsed.base,
    record: null,
  };
}
