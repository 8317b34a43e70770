import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Connection, Endpoint } from '../core/provider/connection.ts';
import { RAY_TOKEN } from '../core/provider/rayToken.ts';
import type { Result } from '../core/base/result.ts';
import { writeFileAtomic } from '../storage/atomicFile.ts';
import { LocalServerProcess } from './localServerProcess.ts';

interface LocalServersOptions {
  /** Path of the command line, which serves. */
  readonly cli: string;
  /** Storage folder. */
  readonly folder: string;
  /** Token of a cluster's dashboard; null when it needs none. */
  readonly tokenOf: (connection: Connection) => Promise<string | null>;
}

/** Folder with a folder for the server of each connection to a cluster, named by its id. */
export function clustersFolder(folder: string): string {
  return path.join(folder, 'clusters');
}

/** Folder of the server that answers for a connection; jobs and models of a cluster are kept apart from those of this machine. */
export function serverFolder(folder: string, { kind, id }: Pick<Connection, 'kind' | 'id'>): string {
  return kind === 'ray' ? path.join(clustersFolder(folder), id) : path.join(folder, 'local');
}

/** Servers of this machine: that of `Local`, and one for each connection to a cluster, which gives its jobs to the cluster. */
export class LocalServers {
  readonly #options: LocalServersOptions;
  readonly #servers = new Map<string, LocalServerProcess>();

  constructor(options: LocalServersOptions) {
    this.#options = options;
  }

  /** Returns the address of the connection's server, and starts it when it does not run. */
  async ensure(connection: Connection): Promise<Result<Endpoint>> {
    if (connection.kind === 'ray') await this.#describe(connection);
    return await this.#of(connection).ensure(async () => await this.#start(connection));
  }

  /** Returns the address of the connection's server; null when it does not run. */
  running(connection: Connection): Promise<Endpoint | null> {
    return this.#of(connection).running();
  }

  /** Ends the server of a cluster, whose token has changed: its jobs go on from their last checkpoint when it is started again. */
  async stop(connection: Connection): Promise<void> {
    await this.#of(connection).stop();
  }

  #of(connection: Connection): LocalServerProcess {
    const known = this.#servers.get(connection.id);
    if (known) return known;
    const { cli, folder } = this.#options;
    const made = new LocalServerProcess({ cli, folder: serverFolder(folder, connection) });
    this.#servers.set(connection.id, made);
    return made;
  }

  async #start(connection: Connection): Promise<{ readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv }> {
    if (connection.kind !== 'ray') return { args: [], env: {} };
    const token = await this.#options.tokenOf(connection);
    const { folder } = this.#options;
    return {
      args: ['--cluster', this.#file(connection), '--models', path.join(folder, 'local')],
      env: token === null ? {} : { [RAY_TOKEN]: token },
    };
  }

  #file(connection: Connection): string {
    return path.join(serverFolder(this.#options.folder, connection), 'cluster.json');
  }

  /** Writes the document that the trainer reads at each start of a job, so that changed settings count for the next one. */
  async #describe(connection: Connection): Promise<void> {
    const { cluster, baseUrl } = connection;
    if (cluster === undefined) return;
    const file = this.#file(connection);
    const document = {
      version: 1,
      address: baseUrl,
      storage: cluster.storage,
      workers: cluster.workers,
      use_gpu: cluster.gpu,
    };
    const text = `${JSON.stringify(document, null, 2)}\n`;
    if ((await readFile(file, 'utf8').catch(() => '')) === text) return;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, text);
  }
}
