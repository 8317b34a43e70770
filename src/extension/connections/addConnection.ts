import type { Connection, ConnectionKind } from '../../core/provider/connection.ts';
import { profileOf, providerWords } from '../../core/provider/profiles.ts';
import { hostOf, parseAzureAddress, parseBaseUrl } from '../../core/provider/addresses.ts';
import { t } from '../../core/base/messages.ts';
import { whyRefused, type Result } from '../../core/base/result.ts';
import { askGpu, askStorage, askWorkers, clusterOf, NO_CLUSTER, type ClusterDraft } from './clusterSteps.ts';
import { tryOut, type ConnectionServices } from './connectionCheck.ts';
import { ProblemError } from '../ui/errors.ts';
import { runSteps, type Step, type StepUi } from '../ui/multiStep.ts';
import { requireTrust } from '../ui/trust.ts';

type Kind = Exclude<ConnectionKind, 'local'>;

interface Draft {
  readonly kind: Kind;
  readonly name: string;
  /** As typed. */
  readonly address: string;
  readonly key: string;
  /** `org-…` and `proj_…` as typed, in any order. */
  readonly account: string;
  /** Of a Ray cluster. */
  readonly cluster: ClusterDraft;
}

const KINDS: readonly Kind[] = ['openai', 'azure', 'nebius', 'compatible', 'ray'];

/** Asks for a provider, its address and its key, saves the connection and tests it free of charge. */
export async function addConnection(services: ConnectionServices): Promise<Connection> {
  requireTrust();
  const taken = await takenNames(services);
  const draft = await runSteps<Draft>(
    services.ui,
    t('Add Connection'),
    { kind: 'openai', name: '', address: '', key: '', account: '', cluster: NO_CLUSTER },
    steps(taken),
  );
  const baseUrl = parseAddress(draft.kind, draft.address);
  if (!baseUrl.ok) throw new ProblemError(baseUrl.error);
  // Settled before the connection is added: afterwards the owner of an earlier version's key would be unknown.
  await services.keys.settle(baseUrl.value);
  const connection = await services.connections.add({
    kind: draft.kind,
    name: draft.name.trim(),
    baseUrl: baseUrl.value,
    ...readAccount(draft.account),
    ...(draft.kind === 'ray' ? { cluster: clusterOf(draft.cluster) } : {}),
  });
  await services.keys.set(connection, draft.key.trim());
  await tryOut(services, connection);
  return (await services.connections.get(connection.id)) ?? connection;
}

/** Names of connections in lower case, without `except`, the connection to rename. */
export async function takenNames(
  services: Pick<ConnectionServices, 'connections'>,
  except?: string,
): Promise<ReadonlySet<string>> {
  const all = await services.connections.list();
  return new Set(all.flatMap(({ id, name }) => (id === except ? [] : [name.toLowerCase()])));
}

export function validateName(name: string, taken: ReadonlySet<string>): string | null {
  if (name.trim() === '') return t('Enter a name.');
  return taken.has(name.trim().toLowerCase()) ? t('A connection with this name already exists.') : null;
}

/** Parses a typed address; a provider with a single address has it in its profile and ignores `typed`. */
export function parseAddress(kind: Kind, typed: string): Result<string> {
  return kind === 'azure' ? parseAzureAddress(typed) : parseBaseUrl(profileOf(kind).baseUrl ?? typed);
}

function steps(taken: ReadonlySet<string>): readonly Step<Draft>[] {
  return [
    { run: (draft, ui) => askKind(draft, ui, taken) },
    {
      applies: (draft) => draft.kind === 'compatible',
      run: async (draft, ui) => ({
        ...draft,
        name: await ui.input({
          prompt: t('Name of the connection'),
          placeholder: t('Lab server'),
          value: draft.name,
          validate: (name) => validateName(name, taken),
        }),
      }),
    },
    {
      applies: (draft) => profileOf(draft.kind).baseUrl === null,
      run: async (draft, ui) => ({ ...draft, address: await askAddress(draft.kind, draft.address, ui) }),
    },
    { run: askKey },
    { applies: (draft) => profileOf(draft.kind).hasProjects, run: askAccount },
    ...clusterSteps((draft) => draft.kind === 'ray'),
  ];
}

/** Questions about a cluster, each a step. */
function clusterSteps(applies: (draft: Draft) => boolean): readonly Step<Draft>[] {
  const step = <Key extends keyof ClusterDraft>(
    key: Key,
    ask: (cluster: ClusterDraft, ui: StepUi) => Promise<ClusterDraft[Key]>,
  ): Step<Draft> => ({
    applies,
    run: async (draft, ui) => ({ ...draft, cluster: { ...draft.cluster, [key]: await ask(draft.cluster, ui) } }),
  });
  return [step('storage', askStorage), step('workers', askWorkers), step('gpu', askGpu)];
}

async function askKind(draft: Draft, ui: StepUi, taken: ReadonlySet<string>): Promise<Draft> {
  const kind = await ui.pick<Kind>({
    placeholder: t('Which provider?'),
    choices: KINDS.map((value) => ({
      label: providerWords(value).title,
      description: providerWords(value).description,
      value,
    })),
    active: (value) => value === draft.kind,
  });
  if (kind === draft.kind && draft.name !== '') return draft;
  const name = kind === 'compatible' ? '' : firstFree(providerWords(kind).title, taken);
  return { ...draft, kind, name, address: '', key: '', account: '', cluster: NO_CLUSTER };
}

export async function askAddress(kind: Kind, value: string, ui: Pick<StepUi, 'input'>): Promise<string> {
  return ui.input({
    ...addressWords(kind),
    value,
    validate: (typed) => whyRefused(parseAddress(kind, typed)),
  });
}

function addressWords(kind: Kind): { readonly prompt: string; readonly placeholder: string } {
  switch (kind) {
    case 'azure':
      return { prompt: t('Name of the resource, or its endpoint'), placeholder: 'my-resource' };
    case 'ray':
      return {
        prompt: t("Address of the cluster's dashboard; http:// where a tunnel begins on this machine"),
        placeholder: 'http://127.0.0.1:8265',
      };
    case 'openai':
    case 'nebius':
    case 'compatible':
      return { prompt: t('Base URL, including the version (…/v1)'), placeholder: 'https://api.example.com/v1' };
  }
}

/** Asks for the key; OpenAI's key in the environment is offered, and used only when the user chooses it. */
async function askKey(draft: Draft, ui: StepUi): Promise<Draft> {
  const fromEnvironment = draft.kind === 'openai' ? (process.env['OPENAI_API_KEY'] ?? '').trim() : '';
  if (fromEnvironment.length >= 8) {
    const use = await ui.pick<boolean>({
      placeholder: t('Which key?'),
      choices: [
        {
          label: `$(key) ${t('Enter a key…')}`,
          description: t('kept in secret storage'),
          value: false,
        },
        {
          label: `$(terminal) ${t('Use OPENAI_API_KEY from the environment')}`,
          description: t('ends in …{0}, copied to secret storage', fromEnvironment.slice(-4)),
          value: true,
        },
      ],
    });
    if (use) return { ...draft, key: fromEnvironment };
  }
  const { key } = profileOf(draft.kind);
  const { keyPlace, title } = providerWords(draft.kind);
  const parsed = parseAddress(draft.kind, draft.address);
  const host = parsed.ok ? hostOf(parsed.value) : title;
  return {
    ...draft,
    key: await ui.input({
      prompt:
        draft.kind === 'ray'
          ? t(
              'Token of the dashboard at {0}: kept in secret storage, sent to this address only; leave empty if it needs none',
              host,
            )
          : key === 'optional'
            ? t(
                'API key for {0}: kept in secret storage, sent to this address only; leave empty if it needs none',
                host,
              )
            : t('API key for {0}: kept in secret storage, sent to this address only', host),
      password: true,
      validate: (value) =>
        validateKey(value) ?? (key === 'required' && value.trim() === '' ? keyNeeded(title, keyPlace) : null),
    }),
  };
}

function keyNeeded(title: string, place: string | null): string {
  return place === null
    ? t('{0} requires an API key.', title)
    : t('{0} requires an API key; you find it here: {1}.', title, place);
}

/** Refuses characters that a header cannot hold; usually more than the key was pasted. */
export function validateKey(value: string): string | null {
  return /^[\x21-\x7e]*$/.test(value.trim()) ? null : t('A key has no spaces or line breaks. Paste only the key.');
}

async function askAccount(draft: Draft, ui: StepUi): Promise<Draft> {
  return {
    ...draft,
    account: await ui.input({
      prompt: t('Organization and project, if the key belongs to several (optional)'),
      placeholder: 'org-… proj_…',
      value: draft.account,
      validate: validateAccount,
    }),
  };
}

export function validateAccount(typed: string): string | null {
  const words = typed.split(/[\s,]+/).filter((word) => word !== '');
  const right = words.every((word) => /^(org-|proj_)[\w-]{1,100}$/.test(word));
  return right && words.length <= 2
    ? null
    : t('Enter an organization (org-…), a project (proj_…), both separated by a space, or nothing.');
}

export function readAccount(typed: string): Pick<Connection, 'organization' | 'project'> {
  const words = typed.split(/[\s,]+/);
  const organization = words.find((word) => word.startsWith('org-'));
  const project = words.find((word) => word.startsWith('proj_'));
  return { ...(organization ? { organization } : {}), ...(project ? { project } : {}) };
}

function firstFree(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name.toLowerCase())) return name;
  for (let number = 2; ; number++) {
    const candidate = `${name} ${String(number)}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}
