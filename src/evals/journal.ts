import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import { decodeRecords, encodeRecord } from '../core/journal/lines.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { recordSchema, type RunRecord } from './record.ts';

/** Rows reach the disk itself at the latest this long after they came; the process may be killed at any time without losing one. */
const SYNC_EVERY_MS = 200;
const HEAD_BYTES = 262_144;
const TAIL_BYTES = 65_536;

/** A run as its journal tells it. */
export interface StoredRun {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  /** The last row for each contestant and item, in the order they came. */
  readonly rows: readonly RowResult[];
  /** `interrupted` when it was running and nobody wrote that it ended. */
  readonly status: RunStatus;
  readonly notice: Problem | null;
}

/** What lists show, read from the first and the last lines only. */
export interface RunHead {
  readonly config: RunConfig;
  readonly status: RunStatus;
  /** Rows with an answer when the status was written; null when the process was killed before. */
  readonly answered: number | null;
}

/**
 * The journal of one evaluation run, `<folder>/<id>.jsonl`: the configuration, the items, then rows and status marks as they come.
 * Lines are only ever added. Each row is handed to the system before `append` returns, so only a power failure can take the last
 * fifth of a second.
 */
export class RunJournal {
  readonly #fd: number;
  #unsynced = false;
  #syncing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Fails with EEXIST when there is such a run already. */
  static async create(folder: string, config: RunConfig, items: readonly TestItem[]): Promise<RunJournal> {
    await mkdir(folder, { recursive: true });
    const journal = new RunJournal(openSync(fileOf(folder, config.id), 'ax', 0o600));
    const records: RunRecord[] = [{ k: 'run', v: 1, config }, ...items.map((item) => ({ k: 'item' as const, item }))];
    journal.#write(records.map(encodeRecord).join(''));
    fsyncSync(journal.#fd);
    return journal;
  }

  /** Replays a run and goes on where it ended; a torn last line is cut off. */
  static async open(
    folder: string,
    id: string,
  ): Promise<Result<{ readonly journal: RunJournal; readonly run: StoredRun }>> {
    const read = await readRun(folder, id);
    if (!read.ok) return read;
    const fd = openSync(fileOf(folder, id), 'r+', 0o600);
    ftruncateSync(fd, read.value.validBytes);
    closeSync(fd);
    return ok({ journal: new RunJournal(openSync(fileOf(folder, id), 'a', 0o600)), run: read.value.run });
  }

  /** Throws the system's error (ENOSPC, EIO). */
  append(row: RowResult): void {
    this.#add({ k: 'row', row });
  }

  /** A status is on the disk when this resolves. */
  async mark(status: RunStatus, notice: Problem | null, answered: number): Promise<void> {
    this.#add({ k: 'status', status, notice, answered });
    await this.sync();
  }

  async sync(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#unsynced && !this.#closed) {
      this.#syncing ??= this.#syncNow().finally(() => {
        this.#syncing = null;
      });
      await this.#syncing;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.sync();
    this.#closed = true;
    closeSync(this.#fd);
  }

  #add(record: RunRecord): void {
    if (this.#closed) return;
    this.#write(encodeRecord(record));
    this.#unsynced = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // What could not be synced is tried again with the next row or at the end.
      this.sync().catch(() => undefined);
    }, SYNC_EVERY_MS);
  }

  /** The whole text or an error: a short write would tear a line in the middle of the file. */
  #write(text: string): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
  }

  #syncNow(): Promise<void> {
    this.#unsynced = false;
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

/** The whole run, without opening it for writing. */
export async function readRun(
  folder: string,
  id: string,
): Promise<Result<{ readonly run: StoredRun; readonly validBytes: number }>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(fileOf(folder, id));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    return fail({
      code: 'run-unreadable',
      message: `The evaluation cannot be read (${code}).`,
      action: 'Start it again.',
    });
  }
  const { records, validBytes } = decodeRecords(bytes);
  const run = replay(parseRecords(records));
  return run === null ? fail(damaged()) : ok({ run, validBytes });
}

/** All runs in a folder, newest first; files that are no runs are left out. */
export async function listRuns(folder: string): Promise<readonly RunHead[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return [];
  }
  const heads: RunHead[] = [];
  for (const name of names.filter((entry) => entry.endsWith('.jsonl'))) {
    const head = await readHead(path.join(folder, name)).catch(() => null);
    if (head && `${head.config.id}.jsonl` === name) heads.push(head);
  }
  return heads.sort((a, b) => b.config.createdAt - a.config.createdAt);
}

async function readHead(file: string): Promise<RunHead | null> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const read = async (position: number, length: number): Promise<Uint8Array> => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    const start = await read(0, Math.min(size, HEAD_BYTES));
    // Only the first line is wanted: the rest of the block need not be understood.
    const [first] = parseRecords(decodeRecords(start.subarray(0, start.indexOf(10) + 1)).records);
    if (first?.k !== 'run') return null;
    const tailStart = Math.max(0, size - TAIL_BYTES);
    const tail = parseRecords(decodeRecords(await read(tailStart, size - tailStart)).records);
    const mark = tail.findLast((record) => record.k === 'status');
    const status = mark?.status ?? 'running';
    return {
      config: first.config,
      status: status === 'running' ? 'interrupted' : status,
      answered: mark && status !== 'running' ? mark.answered : null,
    };
  } finally {
    await handle.close();
  }
}

function parseRecords(records: readonly unknown[]): readonly RunRecord[] {
  return records.flatMap((record) => {
    const parsed = recordSchema.safeParse(record);
    return parsed.success ? [parsed.data as RunRecord] : [];
  });
}

function replay(records: readonly RunRecord[]): StoredRun | null {
  const [first] = records;
  if (first?.k !== 'run') return null;
  const items: TestItem[] = [];
  const rows = new Map<string, RowResult>();
  let status: RunStatus = 'running';
  let notice: Problem | null = null;
  for (const record of records) {
    if (record.k === 'item') items.push(record.item);
    if (record.k === 'row') rows.set(rowKey(record.row.contestant, record.row.item), record.row);
    if (record.k === 'status') ({ status, notice } = record);
  }
  return {
    config: first.config,
    items,
    rows: [...rows.values()],
    status: status === 'running' ? 'interrupted' : status,
    notice,
  };
}

export function rowKey(contestant: string, item: number): string {
  return `${item} ${contestant}`;
}

function fileOf(folder: string, id: string): string {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) throw new TypeError('Not the id of a run.');
  return path.join(folder, `${id}.jsonl`);
}

function damaged(): Problem {
  return {
    code: 'run-damaged',
    message: 'The beginning of the stored evaluation is damaged.',
    action: 'Start the evaluation again.',
  };
}
