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
    message: 'This command belongs to a model of the Models view.',
    action: 'Choose it from the menu of a model there.',
  });
}

export async function copyNameOfModel(ui: Ui, { model }: ModelRef): Promise<void> {
  await ui.copy(model);
  ui.status('$(copy) Model name copied', 3000);
}

/** Deletes a fine-tuned model at the provider, after saying what goes with it. */
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
    `${model} is deleted at ${connection.name} for good: whatever asks for it fails from then on, and it can only be had again by training it again.`,
    record && record.checkpoints.length > 0 ? 'Its checkpoints are models of their own and stay.' : '',
    'Its job with its curves, and evaluations that were made with it, stay here.',
  ];
  const choice = await services.ui.modal(
    inert(`Delete the model ${shortModelName(model)}?`),
    inert(detail.filter(Boolean).join(' ')),
    'Delete',
  );
  if (choice !== 'Delete') throw new Cancelled();
  try {
    await withCancel(services.ui, `Deleting ${shortModelName(model)}…`, async (signal) => {
      const provider = await services.providers.get(connectionId);
      await provider.deleteModel(model, { signal });
    });
  } catch (error) {
    throw withRemedy(error, connection);
  }
}

/** The name under which a model was deployed, kept with the connection and used wherever the model is asked. */
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
      title: `Set Deployment at ${connection.name}`,
      prompt: "The model that was deployed: its own name, as the provider's list has it",
      ignoreFocusOut: true,
      validateInput: (value) => (value.trim() === '' ? 'Enter a name.' : null),
    }));
  if (model === undefined) throw new Cancelled();
  await askDeployment(services, connection, model.trim());
}

/**
 * Where models have to be deployed before they answer, asks once for the name of the deployment.
 * @throws Cancelled when there is none yet
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
    title: `Deployment of ${model}`,
    prompt: `A model answers at ${connection.name} only after it was deployed there. Enter the name of its deployment; it is kept with the connection.`,
    placeHolder: 'as the portal shows it under Deployments',
    value: connection.deployments?.[model] ?? (tuned ? '' : model),
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^[\w.-]{1,64}$/.test(value.trim()) ? null : 'Enter letters, digits, dots, hyphens and underscores, 64 at most.',
  });
  if (name === undefined) throw new Cancelled();
  await services.connections.update(connection.id, {
    deployments: { ...connection.deployments, [model]: name.trim() },
  });
}
