import { mkdir, open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { type Decoded, decodeRecords, encodeRecord } from '../core/journal/lines.ts';
import { DelayedSync } from './delayedSync.ts';
import type { Lease } from './lease.ts';
import { systemCode } from './storageProblem.ts';

const NEWLINE = 10;

export interface AppendJournalOptions {
  /**
   * Lease of the writer. Only its holder cuts off a last line that a crash tore: to other processes it may be a line that is being
   * written. Without a lease it stays, and new records begin on a line of their own.
   */
  readonly lease?: Pick<Lease, 'check'>;
}

/**
 * Writer of an append-only journal of checksummed lines (`src/core/journal/lines.ts`). Records are never changed; those that a full
 * disk tore are skipped by readers. All methods reject with the system's error (ENOSPC, EIO).
 */
export class AppendJournal {
  /** Number of good records that were in the file when it was opened. */
  readonly opened: number;
  readonly #handle: FileHandle;
  readonly #disk: DelayedSync;
  /** Lines that wait for the write under way; they are written together. */
  #batch: { readonly lines: string[]; readonly written: Promise<void> } | null = null;
  /** Last requested write; never rejects. */
  #writing: Promise<unknown> = Promise.resolve();
  #torn: boolean;

  private constructor(handle: FileHandle, opened: number, torn: boolean) {
    this.#handle = handle;
    this.opened = opened;
    this.#torn = torn;
    this.#disk = new DelayedSync(() => handle.sync(), null);
  }

  /** Opens the file for appending, made when needed with its folder. */
  static async open(file: string, options: AppendJournalOptions = {}): Promise<AppendJournal> {
    await mkdir(path.dirname(file), { recursive: true });
    const bytes = (await readIfThere(file)) ?? new Uint8Array();
    const { records, validBytes } = decodeRecords(bytes);
    let torn = bytes.length > 0 && bytes.at(-1) !== NEWLINE;
    if (validBytes < bytes.length && (await options.lease?.check()) === true) {
      await truncate(file, validBytes);
      torn = false;
    }
    return new AppendJournal(await open(file, 'a', 0o600), records.length, torn);
  }

  /**
   * Adds records. Once it resolves the system has them: the process may end without losing one; a power failure is covered by `sync`.
   * Records that are added during a write go together into the next one.
   */
  append(...records: readonly unknown[]): Promise<void> {
    const lines = records.map(encodeRecord);
    if (this.#batch) {
      this.#batch.lines.push(...lines);
      return this.#batch.written;
    }
    const written = this.#writing.then(() => {
      this.#batch = null;
      return this.#write(lines.join(''));
    });
    this.#writing = written.catch(() => undefined);
    this.#batch = { lines, written };
    return written;
  }

  /** Resolves when all that was appended is on the disk. */
  async sync(): Promise<void> {
    await this.#writing;
    await this.#disk.now();
  }

  /** Closes the file after the writes under way. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async #write(text: string): Promise<void> {
    const torn = this.#torn;
    this.#torn = true;
    // The rest of a line that a full disk cut off must not spoil this one.
    await this.#handle.appendFile(torn ? `\n${text}` : text);
    this.#torn = false;
    this.#disk.written();
  }
}

/** Reads all good records of a journal, oldest first; null when there is no such file. Never changes the file. */
export async function readJournal(file: string): Promise<Decoded | null> {
  const bytes = await readIfThere(file);
  return bytes && decodeRecords(bytes);
}

async function readIfThere(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
