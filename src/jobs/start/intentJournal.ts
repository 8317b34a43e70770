import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { AppendJournal, readJournal } from '../../storage/appendJournal.ts';
import type { Lease } from '../../storage/lease.ts';
import { systemCode } from '../../storage/storageProblem.ts';

export type FileRole = 'training' | 'validation';

/** Fact about one start. Facts are only ever added; the last one decides the stage. */
export type IntentFact =
  | {
      readonly fact: 'planned';
      readonly connectionId: string;
      readonly model: string;
      readonly trainingPath: string;
      readonly validationPath: string | null;
      /** All other fields of the `StartJobInput`. */
      readonly params: Readonly<Record<string, unknown>>;
      /** Sha-256 of all of the above, as it was confirmed. */
      readonly paramsHash: string;
      /** US dollars that were shown; null when unknown. */
      readonly priceQuote: number | null;
    }
  | {
      readonly fact: 'snapshot';
      readonly role: FileRole;
      readonly path: string;
      /** Hash of the uploaded bytes. */
      readonly sha256: string;
      /** Hash of the source file. */
      readonly sourceSha256: string;
      readonly bytes: number;
    }
  | { readonly fact: 'uploading'; readonly role: FileRole; readonly filename: string }
  /** Begin of an upload in parts. */
  | {
      readonly fact: 'upload';
      readonly role: FileRole;
      readonly uploadId: string;
      readonly partBytes: number;
      /** Unix seconds; null when the provider leaves it out. */
      readonly expiresAt: number | null;
    }
  | {
      readonly fact: 'part';
      readonly role: FileRole;
      readonly uploadId: string;
      readonly index: number;
      readonly partId: string;
    }
  | {
      readonly fact: 'uploaded';
      readonly role: FileRole;
      readonly fileId: string;
      readonly filename: string;
      /** True when an earlier start had uploaded the same content: other jobs may use the file. */
      readonly reused: boolean;
    }
  /** Written before the one request that may cost money. */
  | { readonly fact: 'creating'; readonly trainingFile: string; readonly validationFile: string | null }
  /** The server's answer was lost: there may be a job. */
  | { readonly fact: 'unknown'; readonly code: string; readonly message: string }
  | {
      readonly fact: 'created';
      readonly jobId: string;
      readonly adopted: boolean;
      /** True when the provider returned the metadata, so that jobs of this connection can be told apart by it. */
      readonly metadataKept: boolean;
    }
  | { readonly fact: 'failed'; readonly code: string; readonly message: string }
  | { readonly fact: 'cancelled' }
  /** The user discarded it, or it was started again under another id. */
  | { readonly fact: 'dismissed'; readonly replacedBy: string | null };

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

/** Makes an id of letters and digits: the time first, so that names sort by age, then 80 random bits. */
export function newIntentId(now = Date.now()): string {
  return (
    now.toString(36).padStart(9, '0') +
    BigInt(`0x${randomBytes(10).toString('hex')}`)
      .toString(36)
      .padStart(16, '0')
  );
}

/** Folder of the journals, one for all connections. */
export function intentsFolder(folder: string): string {
  return path.join(folder, 'intents');
}

/**
 * Journal of one intent (`<folder>/<intent>.jsonl`), written by the holder of the intent's lease. Every fact is on the disk (fsync, about
 * 1 ms) before the step it announces is taken.
 */
export class IntentJournal {
  readonly intentId: string;
  readonly #journal: AppendJournal;
  readonly #now: () => number;
  #seq: number;

  private constructor(intentId: string, journal: AppendJournal, now: () => number) {
    this.intentId = intentId;
    this.#journal = journal;
    this.#seq = journal.opened;
    this.#now = now;
  }

  /** Opens the journal. With the intent's lease a last line torn by a crash is cut off. */
  static async open(
    folder: string,
    intentId: string,
    options: { readonly lease?: Pick<Lease, 'check'>; readonly now?: () => number } = {},
  ): Promise<IntentJournal> {
    const { lease, now = Date.now } = options;
    const journal = await AppendJournal.open(fileOf(folder, intentId), lease ? { lease } : {});
    return new IntentJournal(intentId, journal, now);
  }

  async append(entry: IntentFact): Promise<void> {
    const record: IntentRecord = { v: 1, intent: this.intentId, seq: this.#seq++, at: this.#now(), entry };
    await this.#journal.append(record);
    await this.#journal.sync();
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }
}

/** Reads all good facts of an intent, oldest first; empty when there is no such journal or a later version wrote it. */
export async function readIntent(folder: string, intentId: string): Promise<readonly IntentRecord[]> {
  const records = (await readJournal(fileOf(folder, intentId)))?.records ?? [];
  // Facts of a later version may mean anything: this version must not resume such a start.
  if (records.some((record) => isLater(record))) return [];
  return records.filter((record): record is IntentRecord => recordSchema.safeParse(record).success);
}

/** Lists the ids of all intents that have a journal, oldest first. */
export async function listIntents(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => INTENT_FILE.test(name))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .sort();
}

const INTENT_FILE = /^[A-Za-z0-9_-]{8,64}\.jsonl$/;

/** Lease of an intent: only its holder may continue the start. */
export function intentLease(folder: string, intentId: string): string {
  return fileOf(folder, intentId).replace(/\.jsonl$/, '.lock');
}

function fileOf(folder: string, intentId: string): string {
  const name = `${intentId}.jsonl`;
  if (!INTENT_FILE.test(name)) throw new TypeError('Not an intent id.');
  return path.join(folder, name);
}

function isLater(record: unknown): boolean {
  return typeof record === 'object' && record !== null && 'v' in record && typeof record.v === 'number' && record.v > 1;
}
