import { createHash } from 'node:crypto';
import { readFile, rename, stat } from 'node:fs/promises';
import { metricSeries } from '../../core/training/curves/series.ts';
import { writeFileAtomic } from '../../storage/atomicFile.ts';
import type { JobRecord } from './jobRecord.ts';
import type { Lease } from '../../storage/lease.ts';
import { systemCode } from '../../storage/storageProblem.ts';

/** Record as it is on the disk. */
export interface StoredRecord {
  readonly record: JobRecord;
  /** Fencing token of the last writer. */
  readonly fence: number;
  /** Mark of the file that differs after every write by any process. */
  readonly stamp: string;
}

/** Makes the file's name. Ids come from servers and never become paths. */
export function recordFileName(connectionId: string, jobId: string): string {
  return `${createHash('sha256').update(`${connectionId}\n${jobId}`).digest('hex').slice(0, 40)}.json`;
}

export const RECORD_FILE = /^[0-9a-f]{40}\.json$/;

/** Reads a record. `missing`: no such file. `corrupt`: nothing that this version understands. Rejects when it cannot be read. */
export async function readRecord(file: string): Promise<StoredRecord | 'missing' | 'corrupt'> {
  const stamp = await stampOf(file);
  if (stamp === null) return 'missing';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
  const { storedRecordSchema } = await import('./jobRecordSchema.ts');
  const parsed = storedRecordSchema.safeParse(parseJson(text));
  if (!parsed.success) return 'corrupt';
  const { connectionId, job, events, checkpoints, local, complete, gone, seenAt, fence } = parsed.data;
  const metrics = metricSeries(events);
  return {
    record: { connectionId, job, events, metrics, checkpoints, local, complete, gone, seenAt },
    fence,
    stamp,
  };
}

/** Replaces the file; returns its new stamp. */
export async function writeRecord(file: string, record: JobRecord, fence: number, lock: Lease): Promise<string | null> {
  await writeFileAtomic(file, `${JSON.stringify({ v: 1, fence, ...record, metrics: undefined })}\n`, lock);
  return await stampOf(file);
}

/** Reads the stamp of a file. A file replaced by renaming has another inode, so that two writes within a clock tick differ too. */
export async function stampOf(file: string): Promise<string | null> {
  try {
    const { ino, mtimeMs, size } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Moves a damaged file out of the way, for inspection; false when another process did it first. */
export async function setAside(file: string, now: number): Promise<boolean> {
  try {
    await rename(file, `${file}.${now}.corrupt`);
    return true;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
