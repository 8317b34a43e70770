import type { Connection, ConnectionKind } from '../../core/provider/connection.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import { hostOf, parseAzureAddress, parseBaseUrl } from '../../core/provider/addresses.ts';
import type { Result } from '../../core/base/result.ts';
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
}

const KINDS: readonly Kind[] = ['openai', 'azure', 'nebius', 'compatible'];

/** Asks for a provider and what it needs, finds out without spending what exists there, and keeps the connection. */
export async function addConnection(services: ConnectionServices): Promise<Connection> {
  requireTrust();
  const taken = await takenNames(services);
  const draft = await runSteps<Draft>(
    services.ui,
    'Add Connection',
    { kind: 'openai', name: '', address: '', key: '', account: '' },
    steps(taken),
  );
  const baseUrl = parseAddress(draft.kind, draft.address);
  if (!baseUrl.ok) throw new ProblemError(baseUrl.error);
  // Before another one comes: afterwards it could not be told whose an earlier version's key is.
  await services.keys.settle(baseUrl.value);
  const connection = await services.connections.add({
    kind: draft.kind,
    name: draft.name.trim(),
    baseUrl: baseUrl.value,
    ...readAccount(draft.account),
  });
  await services.keys.set(connection, draft.key.trim());
  await tryOut(services, connection);
  return (await services.connections.get(connection.id)) ?? connection;
}

/** Names of connections, in small letters; `except` is the one that is being renamed. */
export async function takenNames(
  services: Pick<ConnectionServices, 'connections'>,
  except?: string,
): Promise<ReadonlySet<string>> {
  const all = await services.connections.list();
  return new Set(all.flatMap(({ id, name }) => (id === except ? [] : [name.toLowerCase()])));
}

export function validateName(name: string, taken: ReadonlySet<string>): string | null {
  if (name.trim() === '') return 'Give it a name.';
  return taken.has(name.trim().toLowerCase()) ? 'There is a connection of this name already.' : null;
}

/** A provider with one address has it in its profile; nothing else can be typed for it. */
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
          prompt: 'A name for it',
          placeholder: 'Lab server',
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
  ];
}

async function askKind(draft: Draft, ui: StepUi, taken: ReadonlySet<string>): Promise<Draft> {
  const kind = await ui.pick<Kind>({
    placeholder: 'Which provider?',
    choices: KINDS.map((value) => ({
      label: profileOf(value).title,
      description: profileOf(value).description,
      value,
    })),
    active: (value) => value === draft.kind,
  });
  if (kind === draft.kind && draft.name !== '') return draft;
  const name = kind === 'compatible' ? '' : firstFree(profileOf(kind).title, taken);
  return { ...draft, kind, name, address: '', key: '', account: '' };
}

export async function askAddress(kind: Kind, value: string, ui: Pick<StepUi, 'input'>): Promise<string> {
  return ui.input({
    prompt: kind === 'azure' ? 'The name of the resource, or its endpoint' : 'Its address, up to and with the version',
    placeholder: kind === 'azure' ? 'my-resource' : 'https://api.example.com/v1',
    value,
    validate: (typed) => {
      const parsed = parseAddress(kind, typed);
      return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
    },
  });
}

/** The environment's key is offered for the provider it is meant for, and only taken when it is chosen. */
async function askKey(draft: Draft, ui: StepUi): Promise<Draft> {
  const fromEnvironment = draft.kind === 'openai' ? (process.env['OPENAI_API_KEY'] ?? '').trim() : '';
  if (fromEnvironment.length >= 8) {
    const use = await ui.pick<boolean>({
      placeholder: 'Which key?',
      choices: [
        {
          label: '$(key) Enter a key…',
          description: 'kept in secret storage',
          value: false,
        },
        {
          label: '$(terminal) Use OPENAI_API_KEY from the environment',
          description: `…${fromEnvironment.slice(-4)}, copied to secret storage`,
          value: true,
        },
      ],
    });
    if (use) return { ...draft, key: fromEnvironment };
  }
  const { key, keyPlace, title } = profileOf(draft.kind);
  const parsed = parseAddress(draft.kind, draft.address);
  const host = parsed.ok ? hostOf(parsed.value) : 'it';
  return {
    ...draft,
    key: await ui.input({
      prompt: `API key for ${host}: kept in secret storage, sent to this address only${key === 'optional' ? '; leave empty if it needs none' : ''}`,
      password: true,
      validate: (value) =>
        validateKey(value) ?? (key === 'required' && value.trim() === '' ? keyNeeded(title, keyPlace) : null),
    }),
  };
}

function keyNeeded(title: string, place: string | null): string {
  return `${title} needs a key${place === null ? '' : `; there is one at ${place}`}.`;
}

/** What cannot stand in a header cannot be a key; it is usually more than the key that was pasted. */
export function validateKey(value: string): string | null {
  return /^[\x21-\x7e]*$/.test(value.trim()) ? null : 'A key has no spaces or line breaks: paste the key alone.';
}

async function askAccount(draft: Draft, ui: StepUi): Promise<Draft> {
  return {
    ...draft,
    account: await ui.input({
      prompt: 'Organization and project, if the key belongs to several (optional)',
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
    : 'Enter an organization (org-…), a project (proj_…), both with a space between, or nothing.';
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
