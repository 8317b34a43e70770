import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Connection } from '../core/provider/connection.ts';
import { Emitter } from '../core/base/emitter.ts';
import { t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import { writeFileAtomic } from '../storage/atomicFile.ts';
import { watchFolder } from '../storage/folderWatch.ts';
import { withLock } from '../storage/lease.ts';
import { storageProblem, systemCode, unreadable } from '../storage/storageProblem.ts';

export const LOCAL_CONNECTION: Connection = { id: 'local', kind: 'local', name: 'Local', baseUrl: '' };

/** Changeable facts of a connection; `undefined` removes one. */
export type ConnectionChange = {
  readonly [Key in Exclude<keyof Connection, 'id' | 'kind'>]?: Connection[Key] | undefined;
};

interface Kept {
  readonly text: string;
  readonly connections: readonly Connection[];
  /** Entries of kinds that this version does not know; they are kept as they are. */
  readonly foreign: readonly unknown[];
  /** Ids of removed connections: their jobs are found again when the same address is added again. */
  readonly removed: readonly { readonly id: string; readonly kind: string; readonly baseUrl: string }[];
}

type Content = Pick<Kept, 'connections' | 'removed'>;

/** Thrown when the file could not be read or written: nothing was changed. */
class ConnectionsFailure extends Error {
  readonly problem: Problem;
  /** Code of the system's error. */
  readonly code: string;

  constructor(problem: Problem, cause: unknown) {
    super(problem.message, { cause });
    this.name = 'ConnectionsFailure';
    this.problem = problem;
    this.code = systemCode(cause);
  }
}

export interface ConnectionStoreOptions {
  /** Called when the file cannot be read (once, until it can be read again) and when a damaged one was set aside. */
  readonly onProblem?: (problem: Problem) => void;
}

/**
 * Connections of the user: always `Local`, then the added ones, in a file of the extension's own storage, watched because other
 * windows write it, too. A change applies to the current content of the file, under a lock. An unreadable file is never overwritten:
 * changes reject with an error that carries a `Problem`, and a damaged file is set aside.
 */
export class ConnectionStore {
  readonly #file: string;
  readonly #onProblem: (problem: Problem) => void;
  readonly #changed = new Emitter<void>();
  #kept: Kept | null = null;
  #writing: Promise<unknown> = Promise.resolve();
  #unwatch: (() => void) | null = null;
  #unreadable = false;

  constructor(folder: string, options: ConnectionStoreOptions = {}) {
    this.#file = path.join(folder, 'connections.json');
    this.#onProblem = options.onProblem ?? (() => undefined);
  }

  readonly onDidChange = this.#changed.event;

  /** Follows changes by other windows from now on. */
  watch(): void {
    const name = path.basename(this.#file);
    this.#unwatch ??= watchFolder(
      path.dirname(this.#file),
      (changed) => changed === name,
      () => this.#reread(),
    );
  }

  dispose(): void {
    this.#unwatch?.();
    this.#changed.dispose();
  }

  /** Lists the connections; while the file cannot be read, those known before, or `Local` alone. */
  async list(): Promise<readonly Connection[]> {
    this.#kept ??= await this.#readOrTell();
    return [LOCAL_CONNECTION, ...(this.#kept?.connections ?? [])];
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

  /** Changes some facts of a connection; does nothing when it was removed meanwhile. */
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
    const kept = await this.#readOrTell();
    if (kept === null || kept.text === before) return;
    this.#kept = kept;
    this.#changed.fire();
  }

  /** Reads the file; null, reported once, while it cannot be read. */
  async #readOrTell(): Promise<Kept | null> {
    try {
      const kept = (await parse(await readText(this.#file))) ?? (await this.#underLock(() => this.#readOrSetAside()));
      this.#unreadable = false;
      return kept;
    } catch (error) {
      if (!this.#unreadable) this.#onProblem(this.#failure(error).problem);
      this.#unreadable = true;
      return null;
    }
  }

  /** Reads the file or sets it aside. Under the lock only: otherwise it may be one that another process has just written. */
  async #readOrSetAside(): Promise<Kept> {
    const text = await readText(this.#file);
    const kept = await parse(text);
    if (kept) return kept;
    const aside = await freeName(this.#file);
    await rename(this.#file, aside);
    this.#onProblem({
      code: 'connections-damaged',
      message: t('The list of connections was damaged and was set aside as {0}.', aside),
      action: t('Add the connections again, or repair that file and put it back.'),
    });
    return EMPTY;
  }

  async #underLock<T>(work: Parameters<typeof withLock<T>>[1]): Promise<T> {
    await mkdir(path.dirname(this.#file), { recursive: true });
    return await withLock(`${this.#file}.lock`, work);
  }

  /** Makes one change after the other, in this window and between processes. */
  async #change(change: (content: Content) => Content): Promise<void> {
    const task = this.#writing.then(async () => {
      const kept = await this.#underLock(async (lock) => {
        const { foreign, ...before } = await this.#readOrSetAside();
        const { connections, removed } = change(before);
        const text = `${JSON.stringify({ v: 1, connections: [...connections, ...foreign], removed }, null, 2)}\n`;
        await writeFileAtomic(this.#file, text, lock);
        return { text, connections, foreign, removed };
      });
      this.#kept = kept;
      this.#unreadable = false;
      this.#changed.fire();
    });
    this.#writing = task.catch(() => undefined);
    await task.catch((error: unknown) => {
      throw this.#failure(error);
    });
  }

  #failure(error: unknown): ConnectionsFailure {
    if (error instanceof ReadFailure) return new ConnectionsFailure(unreadable(this.#file, error.cause), error.cause);
    const problem = storageProblem(error, path.dirname(this.#file));
    if (problem === null) throw error;
    return new ConnectionsFailure(problem, error);
  }
}

/** Failed read, with the system's error as its cause. */
class ReadFailure extends Error {}

const EMPTY: Kept = { text: '', connections: [], foreign: [], removed: [] };

/** Reads the file. Empty when it does not exist; any other reason is a failure, not an empty file. */
async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw new ReadFailure(file, { cause: error });
  }
}

/** Parses the file; null when another program wrote it. */
async function parse(text: string): Promise<Kept | null> {
  if (text === '') return EMPTY;
  const { connectionEntry, connectionsFile } = await import('./schemas.ts');
  let parsed;
  try {
    parsed = connectionsFile.safeParse(JSON.parse(text));
  } catch {
    return null;
  }
  if (!parsed.success) return null;
  const connections: Connection[] = [];
  const foreign: unknown[] = [];
  for (const entry of parsed.data.connections) {
    const known = connectionEntry.safeParse(entry);
    if (known.success) connections.push(withoutUndefined(known.data));
    else foreign.push(entry);
  }
  return { text, connections, foreign, removed: parsed.data.removed };
}

/** Finds an unused name under which the file is set aside. */
async function freeName(file: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = `${file}${count === 1 ? '' : `.${String(count)}`}.unreadable`;
    const isFree = await access(name).then(
      () => false,
      (error: unknown) => {
        if (systemCode(error) === 'ENOENT') return true;
        throw error;
      },
    );
    if (isFree) return name;
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
