import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { listOf, t } from '../core/base/messages.ts';
import { isServedHere, type Connection, type ConnectionKind, type Endpoint } from '../core/provider/connection.ts';
import { profileOf } from '../core/provider/profiles.ts';
import { RAY_TOKEN } from '../core/provider/rayToken.ts';
import { hostOf, originOf, parseAddress, parseBaseUrl } from '../core/provider/addresses.ts';
import type { Provider } from '../core/provider/api.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { connectionsNamed } from '../connections/named.ts';
import { ConnectionStore, LOCAL_CONNECTION } from '../connections/store.ts';
import { LocalServers } from '../connections/localServers.ts';
import { JobStore } from '../jobs/store/store.ts';
import { UsageError } from './options.ts';
import { extensionFolder } from './storage.ts';
import { inWords, say } from './terminal.ts';

/** Options for the place of a job, the same for every command about jobs. */
export const TARGET_OPTIONS = {
  connection: { type: 'string' },
  'base-url': { type: 'string' },
  'data-dir': { type: 'string' },
  format: { type: 'string', default: 'text' },
} as const;

export interface TargetValues {
  readonly connection?: string | undefined;
  readonly 'base-url'?: string | undefined;
  readonly 'data-dir'?: string | undefined;
}

/** Folder of the extension, with its stores. */
export interface Storage {
  readonly folder: string;
  readonly connections: ConnectionStore;
  readonly jobs: JobStore;
}

export function openStorage(values: TargetValues): Storage {
  const folder = path.resolve(values['data-dir'] ?? extensionFolder());
  const onProblem = (problem: Problem): void => {
    say(inWords(problem));
  };
  return {
    folder,
    connections: new ConnectionStore(folder, { onProblem }),
    jobs: new JobStore({ folder: path.join(folder, 'jobs'), onProblem }),
  };
}

/** Connection of the folder, or one for an address that the folder does not know yet (`saved: false`). */
export interface Target {
  readonly connection: Connection;
  readonly saved: boolean;
}

export async function targetOf(values: TargetValues, { connections }: Storage): Promise<Target> {
  const { connection: name, 'base-url': baseUrl } = values;
  if (name !== undefined && baseUrl !== undefined)
    throw new UsageError(t('--connection and --base-url cannot both be given.'));
  const all = await connections.list();
  if (baseUrl !== undefined) return byAddress(baseUrl, all);
  if (name === undefined) return { connection: LOCAL_CONNECTION, saved: true };
  const found = connectionsNamed(name, all);
  const [connection] = found;
  if (connection === undefined) {
    const known = listOf(all.map((one) => one.name));
    throw new UsageError(
      t('There is no connection {0}; the connections are {1}. Name one of them, or use --base-url.', name, known),
    );
  }
  if (found.length > 1) throw new UsageError(t('Several connections have the name {0}. Use --base-url.', name));
  return { connection, saved: true };
}

function byAddress(typed: string, all: readonly Connection[]): Target {
  const parsed = parseBaseUrl(typed);
  if (!parsed.ok) throw new UsageError(`${parsed.error.message} ${parsed.error.action}`);
  const baseUrl = parsed.value;
  const known = all.find((connection) => connection.baseUrl === baseUrl);
  if (known !== undefined) return { connection: known, saved: true };
  // Saved only when a job is started there.
  return { connection: { id: 'unsaved', kind: kindOf(baseUrl), name: hostOf(baseUrl), baseUrl }, saved: false };
}

function kindOf(baseUrl: string): ConnectionKind {
  const origin = originOf(baseUrl);
  for (const kind of ['openai', 'nebius'] as const) {
    const { baseUrl: own } = profileOf(kind);
    if (own !== null && originOf(own) === origin) return kind;
  }
  const host = parseAddress(baseUrl)?.host ?? '';
  return /\.(?:openai\.azure\.com|services\.ai\.azure\.com)$/.test(host) ? 'azure' : 'compatible';
}

/** Only origin that gets OPENAI_API_KEY. */
const OPENAI_ORIGIN = 'https://api.openai.com';

export interface KeyRules {
  /** Whether TUNING_FORK_API_KEY may go there: the user named the address, not a file. */
  readonly ownKey: boolean;
}

/** Reads the key from the environment, never from an option: command lines are visible in every list of processes. */
function keyFor(baseUrl: string, { ownKey }: KeyRules): string | null {
  const own = process.env['TUNING_FORK_API_KEY'];
  if (ownKey && own !== undefined && own !== '') return own;
  const openai = process.env['OPENAI_API_KEY'];
  return openai !== undefined && openai !== '' && originOf(baseUrl) === OPENAI_ORIGIN ? openai : null;
}

/** Servers of this machine, shared with the extension; started when they do not run. */
export function localServers({ folder }: Pick<Storage, 'folder'>): LocalServers {
  const cli = process.argv[1] ?? fileURLToPath(import.meta.url);
  // Keys of VS Code stay in its secret storage: the token of a cluster comes from the environment, as other keys do.
  const token = process.env[RAY_TOKEN] ?? null;
  return new LocalServers({ cli, folder, tokenOf: () => Promise.resolve(token) });
}

/** Creates a client for the connection. */
export async function providerOf(
  connection: Connection,
  storage: Storage,
  rules: KeyRules = { ownKey: true },
): Promise<Result<Provider>> {
  const endpoint = await endpointOf(connection, storage, rules);
  if (!endpoint.ok) return endpoint;
  // 220 kB that a check does not load.
  const { createClient } = await import('../openai/client.ts');
  return ok(createClient(endpoint.value));
}

async function endpointOf(connection: Connection, storage: Storage, rules: KeyRules): Promise<Result<Endpoint>> {
  const { kind, baseUrl, organization, project, deployments } = connection;
  if (isServedHere(connection)) {
    const started = await localServers(storage).ensure(connection);
    return started.ok ? ok({ ...started.value, kind }) : started;
  }
  const apiKey = keyFor(baseUrl, rules);
  if (apiKey === null && profileOf(kind).key === 'required') {
    return fail({
      code: 'key-missing',
      message: t('There is no key for {0}: keys of VS Code stay in its secret storage.', hostOf(baseUrl)),
      action:
        originOf(baseUrl) === OPENAI_ORIGIN
          ? t('Set OPENAI_API_KEY or TUNING_FORK_API_KEY in the environment.')
          : t('Set TUNING_FORK_API_KEY in the environment.'),
    });
  }
  return ok({
    kind,
    baseUrl,
    apiKey,
    ...(organization === undefined ? {} : { organization }),
    ...(project === undefined ? {} : { project }),
    ...(deployments === undefined ? {} : { deployments }),
  });
}
