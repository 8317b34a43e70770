import type { Connection } from '../../core/provider/connection.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import { hostOf, originOf } from '../../core/provider/addresses.ts';
import { t, tn } from '../../core/base/messages.ts';
import type { JobStore } from '../../jobs/store/store.ts';
import { dropConnection, tryOut, type ConnectionServices } from './connectionCheck.ts';
import { COMMANDS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { requireTrust } from '../ui/trust.ts';
import {
  askAddress,
  parseAddress,
  readAccount,
  takenNames,
  validateAccount,
  validateKey,
  validateName,
} from './addConnection.ts';
import { askGpu, askStorage, askWorkers, clusterOf, draftOf } from './clusterSteps.ts';
import { runSteps, type StepUi } from '../ui/multiStep.ts';
import type { Ui } from '../ui/ui.ts';

type Added = Connection & { readonly kind: Exclude<Connection['kind'], 'local'> };

function isAdded(connection: Connection): connection is Added {
  return connection.kind !== 'local';
}

/** Connection of the command's argument (a node in a tree, an id), else the user's choice. */
async function choose(services: ConnectionServices, title: string, arg: unknown): Promise<Added> {
  const id = typeof arg === 'object' && arg !== null && 'connectionId' in arg ? arg.connectionId : arg;
  const all = (await services.connections.list()).filter(isAdded);
  const named = all.find((connection) => connection.id === id);
  if (named) return named;
  if (all.length === 0) {
    throw new ProblemError(
      {
        code: 'no-connection',
        message: t('Local is the only connection, and it has no key or address.'),
        action: t('Add a connection first.'),
      },
      { title: t('Add Connection…'), command: COMMANDS.addConnection },
    );
  }
  const choice = await services.ui.pick(
    all.map((connection) => ({
      label: plainText(connection.name),
      description: connection.baseUrl,
      connection,
    })),
    { title, placeHolder: t('Which connection?'), matchOnDescription: true, ignoreFocusOut: true },
  );
  if (!choice) throw new Cancelled();
  return choice.connection;
}

/** Asks with one box, outside of a wizard. */
async function ask(
  ui: Pick<Ui, 'input'>,
  { placeholder, validate, ...options }: Parameters<StepUi['input']>[0] & { readonly title: string },
): Promise<string> {
  const answer = await ui.input({
    ...options,
    ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
    ...(validate === undefined ? {} : { validateInput: validate }),
    ignoreFocusOut: true,
  });
  if (answer === undefined) throw new Cancelled();
  return answer;
}

export async function setApiKey(services: ConnectionServices, arg: unknown): Promise<void> {
  requireTrust();
  const connection = await choose(services, t('Set API Key'), arg);
  const old = await services.keys.get(connection);
  const where = t('Kept in secret storage, sent to {0} only.', hostOf(connection.baseUrl));
  const key = await ask(services.ui, {
    title: t('API Key of {0}', connection.name),
    prompt: old === null ? where : `${where} ${t('Replaces the key that ends in …{0}.', old.slice(-4))}`,
    password: true,
    validate: (value) => (value.trim() === '' ? t('Paste the key.') : validateKey(value)),
  });
  await services.keys.set(connection, key.trim());
  services.providers.forget();
  await services.providers.endServer(connection);
  await tryOut(services, connection);
}

export async function checkConnection(services: ConnectionServices, arg: unknown): Promise<void> {
  requireTrust();
  await tryOut(services, await choose(services, t('Test Connection'), arg));
}

export async function renameConnection(services: ConnectionServices, arg: unknown): Promise<void> {
  const connection = await choose(services, t('Rename Connection'), arg);
  const taken = await takenNames(services, connection.id);
  const name = await ask(services.ui, {
    title: t('Rename {0}', connection.name),
    prompt: t('New name, in this extension only; nothing changes at the provider'),
    value: connection.name,
    validate: (typed) => validateName(typed, taken),
  });
  await services.connections.update(connection.id, { name: name.trim() });
}

/** Edits the address, or at OpenAI the organization and project. A key never moves: another origin gets a key of its own. */
export async function editConnection(services: ConnectionServices, arg: unknown): Promise<void> {
  requireTrust();
  const connection = await choose(services, t('Edit Connection'), arg);
  const title = t('Edit {0}', connection.name);
  if (connection.kind === 'ray') await editCluster(services, connection, title);
  const changed = profileOf(connection.kind).hasProjects
    ? await editAccount(services, connection, title)
    : await editAddress(services, connection, title);
  services.providers.forget();
  await tryOut(services, changed);
}

async function editAccount(services: ConnectionServices, connection: Added, title: string): Promise<Connection> {
  const account = readAccount(
    await ask(services.ui, {
      title,
      prompt: t('Organization and project, if the key belongs to several (optional)'),
      placeholder: 'org-… proj_…',
      value: [connection.organization, connection.project].filter(Boolean).join(' '),
      validate: validateAccount,
    }),
  );
  const { organization, project } = account;
  await services.connections.update(connection.id, { organization, project });
  return { ...connection, ...account };
}

/** Storage, workers and GPUs of a cluster; they count for the next job. */
async function editCluster(services: ConnectionServices, connection: Added, title: string): Promise<void> {
  const draft = await runSteps(services.ui, title, draftOf(connection.cluster), [
    { run: async (cluster, ui) => ({ ...cluster, storage: await askStorage(cluster, ui) }) },
    { run: async (cluster, ui) => ({ ...cluster, workers: await askWorkers(cluster, ui) }) },
    { run: async (cluster, ui) => ({ ...cluster, gpu: await askGpu(cluster, ui) }) },
  ]);
  await services.connections.update(connection.id, { cluster: clusterOf(draft) });
}

async function editAddress(services: ConnectionServices, connection: Added, title: string): Promise<Connection> {
  const fixed = profileOf(connection.kind).baseUrl;
  const typed = await askAddress(fixed === null ? connection.kind : 'compatible', connection.baseUrl, {
    input: (options) => ask(services.ui, { ...options, title }),
  });
  const parsed = parseAddress(fixed === null ? connection.kind : 'compatible', typed);
  if (!parsed.ok) throw new ProblemError(parsed.error);
  const baseUrl = parsed.value;
  if (baseUrl === connection.baseUrl) return connection;
  const moved = originOf(baseUrl) !== originOf(connection.baseUrl);
  const { id } = connection;
  if (moved) {
    await services.keys.settle(connection.baseUrl);
    await services.keys.settle(baseUrl);
  }
  if (moved && !(await services.keys.isBound({ id, baseUrl }))) {
    const [host, before] = [hostOf(baseUrl), hostOf(connection.baseUrl)];
    const key = await ask(services.ui, {
      title,
      prompt:
        profileOf(connection.kind).key === 'optional'
          ? t('API key for {0}, empty if it needs none; the old key is sent to {1} only', host, before)
          : t('API key for {0}; the old key is sent to {1} only', host, before),
      password: true,
      validate: validateKey,
    });
    await services.keys.set({ id, baseUrl }, key.trim());
  }
  await services.connections.update(id, {
    baseUrl,
    checked: undefined,
    retirements: undefined,
    deployments: undefined,
  });
  if (moved) await services.keys.delete(connection);
  await services.providers.endServer(connection);
  return (await services.connections.get(id)) ?? connection;
}

export async function removeConnection(
  services: ConnectionServices & { readonly jobs: Pick<JobStore, 'list' | 'load'> },
  arg: unknown,
): Promise<void> {
  const connection = await choose(services, t('Remove Connection'), arg);
  await services.jobs.load();
  const jobs = services.jobs.list(connection.id).length;
  const shared = await services.keys.isShared(connection);
  const remove = t('Remove');
  const choice = await services.ui.modal(
    inert(t('Remove {0}?', connection.name)),
    inert(
      [
        shared
          ? t('The key is kept, since another connection uses it.')
          : t('Its key is deleted from this machine and remains valid.'),
        connection.kind === 'ray'
          ? t('Its models stay on this machine, and a job that is in progress goes on.')
          : t('Jobs, files and models stay at the provider.'),
        ...(jobs === 0
          ? []
          : [
              tn(
                jobs,
                'Local data of {0} job is kept and is shown again when you add this address again.',
                'Local data of {0} jobs is kept and is shown again when you add this address again.',
              ),
            ]),
      ].join(' '),
    ),
    remove,
  );
  if (choice !== remove) throw new Cancelled();
  await dropConnection(services, connection);
}
