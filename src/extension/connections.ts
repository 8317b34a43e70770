import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import type { Connection, Endpoint } from '../core/connection.ts';
import { Emitter } from '../core/emitter.ts';
import { writeFileAtomic } from '../jobs/atomicFile.ts';

export const LOCAL_CONNECTION: Connection = { id: 'local', kind: 'local', name: 'Local', baseUrl: '' };

const schema = z.object({
  v: z.literal(1),
  connections: z.array(
    z.object({ id: z.string(), kind: z.enum(['openai', 'compatible']), name: z.string(), baseUrl: z.string() }),
  ),
});

/** The user's connections: `Local` always, then those that were added, in a file of the extension's own storage. */
export class ConnectionStore {
  readonly #file: string;
  readonly #changed = new Emitter<void>();
  #added: Connection[] | null = null;

  constructor(folder: string) {
    this.#file = path.join(folder, 'connections.json');
  }

  readonly onDidChange = this.#changed.event;

  async list(): Promise<readonly Connection[]> {
    return [LOCAL_CONNECTION, ...(await this.#load())];
  }

  async get(id: string): Promise<Connection | null> {
    return (await this.list()).find((connection) => connection.id === id) ?? null;
  }

  async add(connection: Omit<Connection, 'id'>): Promise<Connection> {
    const added: Connection = { ...connection, id: randomUUID() };
    await this.#save([...(await this.#load()), added]);
    return added;
  }

  async remove(id: string): Promise<void> {
    await this.#save((await this.#load()).filter((connection) => connection.id !== id));
  }

  async #load(): Promise<readonly Connection[]> {
    if (this.#added) return this.#added;
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch {
      this.#added = [];
      return this.#added;
    }
    let parsed;
    try {
      parsed = schema.safeParse(JSON.parse(text));
    } catch {
      parsed = null;
    }
    this.#added = parsed?.success ? parsed.data.connections : [];
    return this.#added;
  }

  async #save(connections: readonly Connection[]): Promise<void> {
    await writeFileAtomic(this.#file, `${JSON.stringify({ v: 1, connections }, null, 2)}\n`);
    this.#added = [...connections];
    this.#changed.fire();
  }
}

/** Where a connection is reached, with the key for exactly that origin. */
export interface EndpointSource {
  endpoint(connection: Connection, signal?: AbortSignal): Promise<Endpoint>;
}
