import * as vscode from 'vscode';
import type { Connection } from '../../core/connection.ts';
import { parseBaseUrl } from '../../core/connectionRules.ts';
import { isProviderFailure } from '../../core/provider.ts';
import type { ConnectionStore } from '../connections.ts';
import { VIEWS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from '../errors.ts';
import { runSteps, type Step } from '../multiStep.ts';
import { withCancel } from '../progress.ts';
import type { Providers } from '../providers.ts';
import type { KeyStore } from '../secrets.ts';
import { requireTrust } from '../trust.ts';

export const OPENAI_BASE_URL = 'https://api.openai.com/v1';

interface Draft {
  readonly kind: 'openai' | 'compatible';
  readonly name: string;
  readonly baseUrl: string;
  readonly key: string;
}

export interface ConnectionServices {
  readonly connections: ConnectionStore;
  readonly keys: KeyStore;
  readonly providers: Providers;
}

/** Asks for a provider and its key, tries the key once without spending, and keeps the connection. */
export async function addConnection(services: ConnectionServices): Promise<Connection> {
  requireTrust('adding a connection');
  const taken = new Set((await services.connections.list()).map((connection) => connection.name.toLowerCase()));
  const draft = await runSteps<Draft>(
    'Add Connection',
    { kind: 'openai', name: '', baseUrl: '', key: '' },
    steps(taken),
  );
  const baseUrl = parseBaseUrl(draft.baseUrl);
  if (!baseUrl.ok) throw new ProblemError(baseUrl.error);
  const key = draft.key.trim();
  if (key !== '') await services.keys.set(baseUrl.value, key);
  const connection = await services.connections.add({
    kind: draft.kind,
    name: draft.name.trim(),
    baseUrl: baseUrl.value,
  });
  await tryOut(services, connection);
  return connection;
}

function steps(taken: ReadonlySet<string>): readonly Step<Draft>[] {
  const validName = (name: string): string | null => {
    if (name.trim() === '') return 'Give it a name.';
    return taken.has(name.trim().toLowerCase()) ? 'There is a connection of this name already.' : null;
  };
  return [
    {
      run: async (draft, ui) => {
        const kind = await ui.pick<Draft['kind']>({
          placeholder: 'Which provider?',
          choices: [
            { label: 'OpenAI', description: 'api.openai.com, with an API key', value: 'openai' },
            {
              label: 'OpenAI-compatible',
              description: 'any address that speaks the same protocol',
              value: 'compatible',
            },
          ],
          active: (value) => value === draft.kind,
        });
        const fresh = kind !== draft.kind || draft.name === '';
        if (!fresh) return draft;
        return kind === 'openai'
          ? { ...draft, kind, name: firstFree('OpenAI', taken), baseUrl: OPENAI_BASE_URL }
          : { ...draft, kind, name: '', baseUrl: '' };
      },
    },
    {
      applies: (draft) => draft.kind === 'compatible',
      run: async (draft, ui) => ({
        ...draft,
        name: await ui.input({
          prompt: 'A name for it',
          placeholder: 'Lab server',
          value: draft.name,
          validate: validName,
        }),
      }),
    },
    {
      applies: (draft) => draft.kind === 'compatible',
      run: async (draft, ui) => ({
        ...draft,
        baseUrl: await ui.input({
          prompt: 'Its address, up to and with the version',
          placeholder: 'https://api.example.com/v1',
          value: draft.baseUrl,
          validate: (value) => {
            const parsed = parseBaseUrl(value);
            return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
          },
        }),
      }),
    },
    {
      run: async (draft, ui) => ({
        ...draft,
        key: await ui.input({
          prompt: `API key for ${new URL(draft.baseUrl.trim()).host}: kept in secret storage, sent to this address only${draft.kind === 'compatible' ? '; leave empty if it needs none' : ''}`,
          password: true,
          validate: (value) =>
            draft.kind === 'openai' && value.trim() === ''
              ? 'OpenAI needs a key; make one at platform.openai.com/api-keys.'
              : null,
        }),
      }),
    },
  ];
}

function firstFree(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name.toLowerCase())) return name;
  for (let number = 2; ; number++) {
    const candidate = `${name} ${String(number)}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

/** One reading call. A key restricted to fine-tuning may not list models, so only a refused key or a wrong address is a failure. */
async function tryOut(services: ConnectionServices, connection: Connection): Promise<void> {
  try {
    await withCancel(`Trying ${connection.name}…`, async (signal) => {
      const provider = await services.providers.get(connection.id);
      await provider.listJobs({ limit: 1 }, { signal, retries: 0, timeoutMs: 15_000 });
    });
    // What went well is shown where it is: the connection now stands in the tree.
    vscode.window.setStatusBarMessage(`$(check) ${inert(connection.name)} is connected`, 10_000);
    await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
  } catch (error) {
    if (!isProviderFailure(error)) {
      if (error instanceof Cancelled) return;
      throw error;
    }
    const change = error.status === 401 ? 'Set API Key…' : undefined;
    const choice = await vscode.window.showWarningMessage(
      inert(`${connection.name} was kept, but does not work yet: ${error.problem.message} ${error.problem.action}`),
      ...(change ? [change] : []),
      'Remove Connection',
    );
    if (choice === change && choice !== undefined) await setApiKey(services, connection.id);
    if (choice === 'Remove Connection') await dropConnection(services, connection);
  }
}

async function chooseRemovable(services: ConnectionServices, title: string, id: unknown): Promise<Connection> {
  const all = (await services.connections.list()).filter((connection) => connection.kind !== 'local');
  const named = all.find((connection) => connection.id === id);
  if (named) return named;
  if (all.length === 0) {
    throw new ProblemError(
      {
        code: 'no-connection',
        message: 'There is only the local connection, which needs no key.',
        action: 'Add a connection first.',
      },
      { title: 'Add Connection…', command: 'tuningFork.addConnection' },
    );
  }
  const choice = await vscode.window.showQuickPick(
    all.map((connection) => ({ label: connection.name, description: connection.baseUrl, connection })),
    { title, placeHolder: 'Which connection?' },
  );
  if (!choice) throw new Cancelled();
  return choice.connection;
}

export async function setApiKey(services: ConnectionServices, id: unknown): Promise<void> {
  requireTrust('using a key');
  const connection = await chooseRemovable(services, 'Set API Key', id);
  const host = new URL(connection.baseUrl).host;
  const key = await vscode.window.showInputBox({
    title: `API key of ${connection.name}`,
    prompt: `Kept in secret storage, sent to ${host} only. The old key is replaced.`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? 'Paste the key.' : null),
  });
  if (key === undefined) throw new Cancelled();
  await services.keys.set(connection.baseUrl, key.trim());
  services.providers.forget();
  await tryOut(services, connection);
}

export async function removeConnection(services: ConnectionServices, id: unknown): Promise<void> {
  const connection = await chooseRemovable(services, 'Remove Connection', id);
  const choice = await vscode.window.showWarningMessage(
    `Remove ${connection.name}? Its key is deleted from this machine; jobs and models stay at the provider.`,
    { modal: true },
    'Remove',
  );
  if (choice !== 'Remove') throw new Cancelled();
  await dropConnection(services, connection);
}

async function dropConnection(services: ConnectionServices, connection: Connection): Promise<void> {
  await services.connections.remove(connection.id);
  const others = await services.connections.list();
  const origin = new URL(connection.baseUrl).origin;
  // Another connection to the same origin still needs the key.
  if (!others.some((other) => other.baseUrl !== '' && new URL(other.baseUrl).origin === origin)) {
    await services.keys.delete(connection.baseUrl);
  }
  services.providers.forget();
}
