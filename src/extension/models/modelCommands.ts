import { t } from '../../core/base/messages.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import { parseModelName, shortModelName } from '../../core/training/modelName.ts';
import type { RunRegistry } from '../../evals/registry.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import { withRemedy } from '../connections/providers.ts';
import type { Services } from '../services.ts';
import { isModelRef, type ModelRef } from './modelRef.ts';
import { requireTrust } from '../ui/trust.ts';
import type { Ui } from '../ui/ui.ts';

function refOf(value: unknown): ModelRef {
  if (isModelRef(value)) return value;
  throw new ProblemError({
    code: 'no-model',
    message: t('This command works on a model of the Models view.'),
    action: t('Run it from the context menu of a model there.'),
  });
}

export async function copyNameOfModel(ui: Ui, { model }: ModelRef): Promise<void> {
  await ui.copy(model);
  ui.status(`$(copy) ${t('Model name copied')}`, 3000);
}

/** Deletes a fine-tuned model at the provider, after a question that names the consequences. */
export async function deleteModel(
  services: Pick<Services, 'providers' | 'jobs' | 'ui'> & { readonly runs: Pick<RunRegistry, 'list'> },
  arg: unknown,
): Promise<void> {
  requireTrust();
  const { connectionId, model } = refOf(arg);
  const connection = await services.providers.connection(connectionId);
  await services.jobs.load();
  const record = services.jobs.list(connectionId).find(({ job }) => job.fineTunedModel === model);
  const detail = [
    t(
      '{0} will be permanently deleted at {1}: requests to it will fail, and only training it again brings it back.',
      model,
      connection.name,
    ),
    record && record.checkpoints.length > 0 ? t('Its checkpoints are models of their own and stay.') : '',
    t('Its job, its curves and its evaluations stay on this machine.'),
  ];
  const remove = t('Delete');
  const choice = await services.ui.modal(
    inert(t('Delete the model {0}?', shortModelName(model))),
    inert(detail.filter(Boolean).join(' ')),
    remove,
  );
  if (choice !== remove) throw new Cancelled();
  try {
    await withCancel(services.ui, t('Deleting {0}…', shortModelName(model)), async (signal) => {
      const provider = await services.providers.get(connectionId);
      await provider.deleteModel(model, { signal });
    });
  } catch (error) {
    throw withRemedy(error, connection);
  }
}

/** Sets the name under which a model was deployed: it is kept with the connection and used in every request to the model. */
export async function setDeployment(
  services: Pick<Services, 'connections' | 'providers' | 'ui'>,
  arg: unknown,
): Promise<void> {
  const ref =
    typeof arg === 'object' && arg !== null && 'connectionId' in arg && typeof arg.connectionId === 'string'
      ? { connectionId: arg.connectionId, model: isModelRef(arg) ? arg.model : null }
      : { connectionId: refOf(arg).connectionId, model: null };
  const connection = await services.providers.connection(ref.connectionId);
  const model =
    ref.model ??
    (await services.ui.input({
      title: t('Set Deployment Name at {0}', connection.name),
      prompt: t("Name of the deployed model, as in the provider's list"),
      ignoreFocusOut: true,
      validateInput: (value) => (value.trim() === '' ? t('Enter a name.') : null),
    }));
  if (model === undefined) throw new Cancelled();
  await askDeployment(services, connection, model.trim());
}

/**
 * Asks once for the name of a model's deployment, at providers whose models answer only when deployed.
 * @throws Cancelled when the user gave no name
 */
export async function ensureDeployment(
  services: Pick<Services, 'connections' | 'providers' | 'ui'>,
  connectionId: string,
  model: string,
): Promise<void> {
  const connection = await services.providers.connection(connectionId);
  if (!profileOf(connection.kind).needsDeployment || Object.hasOwn(connection.deployments ?? {}, model)) return;
  await askDeployment(services, connection, model);
}

async function askDeployment(
  services: Pick<Services, 'connections' | 'providers' | 'ui'>,
  connection: Connection,
  model: string,
): Promise<void> {
  const tuned = parseModelName(model).form !== 'plain';
  const name = await services.ui.input({
    title: t('Deployment of {0}', model),
    prompt: t(
      'Models at {0} answer only when deployed. Enter the name of the deployment; it is kept with the connection.',
      connection.name,
    ),
    placeHolder: t('Name under Deployments in the portal'),
    value: connection.deployments?.[model] ?? (tuned ? '' : model),
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^[\w.-]{1,64}$/.test(value.trim())
        ? null
        : t('Enter at most 64 letters, digits, dots, hyphens and underscores.'),
  });
  if (name === undefined) throw new Cancelled();
  await services.connections.update(connection.id, {
    deployments: { ...connection.deployments, [model]: name.trim() },
  });
}
