import { randomUUID } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import type { Connection } from '../core/provider/connection.ts';
import { Emitter } from '../core/base/emitter.ts';
import { writeFileAtomic } from '../storage/atomicFile.ts';

export const LOCAL_CONNECTION: Connection = { id: 'local', kind: 'local', name: 'Local', baseUrl: '' };

const capability = z.union([z.literal('yes'), z.literal('unknown'), z.object({ no: z.string() })]);
const names = z.record(z.string(), z.string());
const text = z.string();

// What is not needed to reach it is dropped when it cannot be read, not the connection with it.
const entrySchema = z.object({
  id: text,
  kind: z.enum(['openai', 'azure', 'nebius', 'compatible']),
  name: text,
  baseUrl: text,
  organization: z.catch(z.optional(text), undefined),
  project: z.catch(z.optional(text), undefined),
  checked: z.catch(
    z.optional(
      z.object({
        at: z.number(),
        capabilities: z.object({ models: capability, files: capability, fineTuning: capability, batches: capability }),
      }),
    ),
    undefined,
  ),
  retirements: z.catch(z.optional(names), undefined),
  deployments: z.catch(z.optional(names), undefined),
});
const removedSchema = z.array(z.object({ id: text, kind: text, baseUrl: text }));
const fileSchema = z.object({
  v: z.literal(1),
  connections: z.array(z.unknown()),
  removed: z.catch(removedSchema, []),
});

/** What can be changed of a connection; `undefined` takes a fact away. */
export type ConnectionChange = {
  readonly [Key in Exclude<keyof Connection, 'id' | 'kind'>]?: Connection[Key] | undefined;
};

interface Kept {
  readonly text: string;
  readonly connections: readonly Connection[];
  /** Entries of kinds this version does not know: they are left as they are. */
  readonly foreign: readonly unknown[];
  /** Ids of connections that are gone: what is known of their jobs is found again when the same address is added again. */
  readonly removed: z.infer<typeof removedSchema>;
}

type Content = Pick<Kept, 'connections' | 'removed'>;

/**
 * The user's connections: `Local` always, then those that were added, in a file of the extension's own storage. Other windows write it,
 * too: it is read anew before each change, and watched.
 */
export class ConnectionStore {
  readonly #file: string;
  readonly #changed = new Emitter<void>();
  #kept: Kept | null = null;
  #writing: Promise<unknown> = Promise.resolve();
  #watcher: FSWatcher | null = null;

  constructor(folder: string) {
    this.#file = path.join(folder, 'connections.json');
  }

  readonly onDidChange = this.#changed.event;

  /** Hears of changes by other windows from now on. */
  watch(): void {
    try {
      this.#watcher = watch(path.dirname(this.#file), { persistent: false }, (_event, name) => {
        if (name === path.basename(this.#file)) void this.#reread();
      });
      this.#watcher.on('error', () => {
        this.#watcher?.close();
      });
    } catch {
      // No watches left on this machine: the file is still read anew before each change.
    }
  }

  dispose(): void {
    this.#watcher?.close();
    this.#changed.dispose();
  }

  async list(): Promise<readonly Connection[]> {
    this.#kept ??= await this.#read();
    return [LOCAL_CONNECTION, ...this.#kept.connections];
  }

  async get(id: string): Promise<Connection | null> {
    return (await this.list()).find((connection) => connection.id === id) ?? null;
  }

  async add(connection: Omit<Connection, 'id'>): Promise<Connection> {
    let id: string = randomUUID();
    await this.#change(({ connections, removed }) => {
      const known = removed.find(({ kind, baseUrl }) => kind === connection.kind && baseUrl === connection.baseUrl);
      id = known?.id ?? id;
      return {
        connections: [...connections, { ...connection, id }],
        removed: removed.filter((gone) => gone !== known),
      };
    });
    return { ...connection, id };
  }

  /** Changes some of its facts; nothing happens when it was removed meanwhile. */
  async update(id: string, change: ConnectionChange): Promise<void> {
    await this.#change(({ connections, removed }) => ({
      connections: connections.map((connection) => (connection.id === id ? applied(connection, change) : connection)),
      removed,
    }));
  }

  async remove(id: string): Promise<void> {
    await this.#change(({ connections, removed }) => ({
      connections: connections.filter((connection) => connection.id !== id),
      removed: [
        ...removed,
        ...connections.flatMap(({ kind, baseUrl, ...rest }) => (rest.id === id ? [{ id, kind, baseUrl }] : [])),
      ],
    }));
  }

  async #reread(): Promise<void> {
    const before = this.#kept?.text;
    const kept = await this.#read();
    if (kept.text === before) return;
    this.#kept = kept;
    this.#changed.fire();
  }

  async #read(): Promise<Kept> {
    const content = await readFile(this.#file, 'utf8').catch(() => '');
    let parsed;
    try {
      parsed = fileSchema.safeParse(JSON.parse(content));
    } catch {
      parsed = null;
    }
    if (!parsed?.success) {
      // Something else than this program wrote it: kept aside, so that the next change does not end it.
      if (content !== '') await rename(this.#file, `${this.#file}.unreadable`).catch(() => undefined);
      return { text: content, connections: [], foreign: [], removed: [] };
    }
    const connections: Connection[] = [];
    const foreign: unknown[] = [];
    for (const entry of parsed.data.connections) {
      const known = entrySchema.safeParse(entry);
      if (known.success) connections.push(withoutUndefined(known.data));
      else foreign.push(entry);
    }
    return { text: content, connections, foreign, removed: parsed.data.removed };
  }

  /** One after the other in this window; what another window wrote before is in what is changed. */
  async #change(change: (content: Content) => Content): Promise<void> {
    const task = this.#writing.then(async () => {
      const { foreign, ...before } = await this.#read();
      const { connections, removed } = change(before);
      const content = `${JSON.stringify({ v: 1, connections: [...connections, ...foreign], removed }, null, 2)}\n`;
      await writeFileAtomic(this.#file, content);
      this.#kept = { text: content, connections, foreign, removed };
      this.#changed.fire();
    });
    this.#writing = task.catch(() => undefined);
    await task;
  }
}

function applied(connection: Connection, change: ConnectionChange): Connection {
  return withoutUndefined({ ...connection, ...change, id: connection.id, kind: connection.kind });
}

type Loose = { readonly [Key in keyof Connection]: Connection[Key] | undefined };

function withoutUndefined(connection: Partial<Loose>): Connection {
  return Object.fromEntries(
    Object.entries(connection).filter(([, value]) => value !== undefined),
  ) as unknown as Connection;
}
