import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { decodeRecords, encodeRecord } from '../core/journal/lines.ts';

/** What is known of one start. Facts are only ever added; the last one says where it stands. */
export type IntentFact =
  | {
      readonly fact: 'planned';
      readonly connectionId: string;
      readonly model: string;
      readonly trainingPath: string;
      readonly validationPath: string | null;
      readonly params: Readonly<Record<string, unknown>>;
    }
  | {
      readonly fact: 'snapshot';
      readonly role: 'training' | 'validation';
      readonly path: string;
      readonly sha256: string;
      readonly bytes: number;
    }
  | { readonly fact: 'uploading'; readonly role: 'training' | 'validation'; readonly filename: string }
  | {
      readonly fact: 'uploaded';
      readonly role: 'training' | 'validation';
      readonly fileId: string;
      readonly filename: string;
    }
  /** Written before the one request that may cost money. */
  | { readonly fact: 'creating'; readonly trainingFile: string; readonly validationFile: string | null }
  /** The server's answer was lost: there may be a job. */
  | { readonly fact: 'unknown'; readonly code: string; readonly message: string }
  | { readonly fact: 'created'; readonly jobId: string; readonly adopted: boolean }
  | { readonly fact: 'failed'; readonly code: string; readonly message: string }
  | { readonly fact: 'cancelled' };

export interface IntentRecord {
  readonly v: 1;
  readonly intent: string;
  readonly seq: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly entry: IntentFact;
}

const recordSchema = z.object({
  v: z.literal(1),
  intent: z.string(),
  seq: z.number(),
  at: z.number(),
  entry: z.looseObject({ fact: z.string() }),
});

/** Time first, so that names sort by age, then 80 random bits. Letters and digits only. */
export function newIntentId(now = Date.now()): string {
  return (
    now.toString(36).padStart(9, '0') +
    BigInt(`0x${randomBytes(10).toString('hex')}`)
      .toString(36)
      .padStart(16, '0')
  );
}

/**
 * One file an intent (`<folder>/<intent>.jsonl`), so that no two writers meet. Every fact is on the disk (fsync, about 1 ms)
 * before the step it announces is taken. A last line torn by a crash is cut off when the file is opened again.
 */
export class IntentJournal {
  readonly intentId: string;
  readonly #handle: FileHandle;
  readonly #now: () => number;
  #seq: number;

  private constructor(intentId: string, handle: FileHandle, seq: number, now: () => number) {
    this.intentId = intentId;
    this.#handle = handle;
    this.#seq = seq;
    this.#now = now;
  }

  static async open(folder: string, intentId: string, now: () => number = Date.now): Promise<IntentJournal> {
    const file = fileOf(folder, intentId);
    await mkdir(folder, { recursive: true });
    let seq = 0;
    try {
      const bytes = await readFile(file);
      const { records, validBytes } = decodeRecords(bytes);
      if (validBytes < bytes.length) await truncate(file, validBytes);
      seq = records.length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return new IntentJournal(intentId, await open(file, 'a', 0o600), seq, now);
  }

  async append(entry: IntentFact): Promise<void> {
    const record: IntentRecord = { v: 1, intent: this.intentId, seq: this.#seq++, at: this.#now(), entry };
    await this.#handle.appendFile(encodeRecord(record));
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** All good facts of an intent, oldest first; empty when there is no such journal. */
export async function readIntent(folder: string, intentId: string): Promise<readonly IntentRecord[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(fileOf(folder, intentId));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return decodeRecords(bytes).records.filter(
    (record): record is IntentRecord => recordSchema.safeParse(record).success,
  );
}

function fileOf(folder: string, intentId: string): string {
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(intentId)) throw new TypeError('Not an intent id.');
  return path.join(folder, `${intentId}.jsonl`);
}
