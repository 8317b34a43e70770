import { isDeepStrictEqual } from 'node:util';
import { isServedHere, type Connection, type Endpoint } from '../../core/provider/connection.ts';
import { t } from '../../core/base/messages.ts';
import type { Provider } from '../../core/provider/api.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import type { ConnectionStore } from '../../connections/store.ts';
import { COMMANDS } from '../contributions.ts';
import { ProblemError } from '../ui/errors.ts';
import type { LocalServers } from '../../connections/localServers.ts';
import type { KeyStore } from './keyStore.ts';

/** Bundle of the API client, loaded on first use (`openai` is 150 KB that activation must not load). */
export interface OpenAIModule {
  readonly createClient: (endpoint: Endpoint) => Provider;
}

/** Provider clients by connection; a client is replaced as soon as its key or address changes. */
export class Providers {
  readonly #connections: ConnectionStore;
  readonly #keys: KeyStore;
  readonly #startServers: () => Promise<LocalServers>;
  #servers: Promise<LocalServers> | null = null;
  readonly #load: () => OpenAIModule;
  readonly #clients = new Map<string, { readonly endpoint: Endpoint; readonly provider: Provider }>();

  /** @param servers called once, when the first server of this machine is asked for: activation does not pay for its code */
  constructor(
    connections: ConnectionStore,
    keys: KeyStore,
    servers: () => Promise<LocalServers>,
    load: () => OpenAIModule,
  ) {
    this.#connections = connections;
    this.#keys = keys;
    this.#startServers = servers;
    this.#load = load;
  }

  /**
   * Returns a client for the connection, and starts the local server when it is not running.
   * @throws ProblemError when the connection was removed or the local server does not start.
   */
  async get(connectionId: string): Promise<Provider> {
    const connection = await this.connection(connectionId);
    const { kind } = connection;
    if (isServedHere(connection)) {
      const started = await (await this.#local()).ensure(connection);
      if (!started.ok) throw new ProblemError(started.error);
      return this.#client(connectionId, { ...started.value, kind });
    }
    const { baseUrl, organization, project, deployments } = connection;
    return this.#client(connectionId, {
      kind,
      baseUrl,
      apiKey: await this.#keys.get(connection),
      ...(organization === undefined ? {} : { organization }),
      ...(project === undefined ? {} : { project }),
      ...(deployments === undefined ? {} : { deployments }),
    });
  }

  /** Returns a client as `get` does, but starts nothing: null when the local server is not running. */
  async getRunning(connectionId: string): Promise<Provider | null> {
    const connection = await this.connection(connectionId);
    if (!isServedHere(connection)) return this.get(connectionId);
    const endpoint = await (await this.#local()).running(connection);
    return endpoint && this.#client(connectionId, { ...endpoint, kind: connection.kind });
  }

  /** Ends the server that gives the jobs of a connection to its cluster, so that the next one has the token of today. */
  async endServer(connection: Connection): Promise<void> {
    if (connection.kind === 'ray') await (await this.#local()).stop(connection);
  }

  async connection(id: string): Promise<Connection> {
    const connection = await this.#connections.get(id);
    if (connection) return connection;
    throw new ProblemError({
      code: 'connection-removed',
      message: t('The connection of this item has been removed.'),
      action: t('Add it again with "Add Connection…".'),
    });
  }

  /** Drops the cached client of a connection, or all of them; the next call reads the key again. */
  forget(connectionId?: string): void {
    if (connectionId === undefined) this.#clients.clear();
    else this.#clients.delete(connectionId);
  }

  #local(): Promise<LocalServers> {
    this.#servers ??= this.#startServers();
    return this.#servers;
  }

  #client(id: string, endpoint: Endpoint): Provider {
    const cached = this.#clients.get(id);
    if (cached && isDeepStrictEqual(cached.endpoint, endpoint)) return cached.provider;
    const provider = this.#load().createClient(endpoint);
    this.#clients.set(id, { endpoint, provider });
    return provider;
  }
}

/** Adds a button to a failure that fixes its cause. */
export function withRemedy(error: unknown, connection: Connection): unknown {
  if (!isProviderFailure(error)) return error;
  if (error.status === 401 && !isServedHere(connection)) {
    return new ProblemError(error.problem, {
      title: t('Set API Key…'),
      command: COMMANDS.setApiKey,
      args: [connection.id],
    });
  }
  if (error.problem.code === 'deployment-missing') {
    return new ProblemError(error.problem, {
      title: t('Set Deployment Name…'),
      command: COMMANDS.setDeployment,
      args: [{ connectionId: connection.id }],
    });
  }
  return new ProblemError(error.problem);
}
