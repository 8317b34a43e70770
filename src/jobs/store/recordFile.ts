import { createHash } from 'node:crypto';
import { readFile, rename, stat } from 'node:fs/promises';
import type { JobEvent } from '../../core/training/job.ts';
import { writeFileAtomic } from '../../storage/atomicFile.ts';
import { slices } from '../../storage/slices.ts';
import { withoutEvents } from './earlierEvents.ts';
import type { JobRecord } from './jobRecord.ts';
import type { Lease } from '../../storage/lease.ts';
import { systemCode } from '../../storage/storageProblem.ts';

/** Record as it is in its file, without the events of its journal. */
export interface StoredRecord {
  readonly record: Omit<JobRecord, 'events' | 'curve'>;
  /** Events in the file itself, newest first: earlier versions wrote them there. */
  readonly ownEvents: readonly JobEvent[];
  /** Number of events of the job when the file was written. */
  readonly eventCount: number;
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
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
  const { eventsSchema, storedRecordSchema } = await import('./jobRecordSchema.ts');
  const { json, parts } = await withoutEvents(bytes);
  const parsed = storedRecordSchema.safeParse(parseJson(json));
  if (!parsed.success) return 'corrupt';
  const turn = slices();
  const ownEvents: JobEvent[] = [];
  for (const part of parts) {
    const events = eventsSchema.safeParse(parseJson(part));
    if (!events.success) return 'corrupt';
    for (const event of events.data) ownEvents.push(event);
    await turn();
  }
  const { connectionId, job, events, checkpoints, local, complete, gone, seenAt, fence, eventCount } = parsed.data;
  const record = { connectionId, job, checkpoints, local, complete, gone, seenAt };
  return { record, ownEvents: [...ownEvents, ...events], eventCount, fence, stamp };
}

/** Replaces the file; returns its new stamp. `eventCount`: number of events that are in the journal by then. */
export async function writeRecord(
  file: string,
  record: JobRecord,
  { fence, lock, eventCount }: { readonly fence: number; readonly lock: Lease; readonly eventCount: number },
): Promise<string | null> {
  const { connectionId, job, checkpoints, local, complete, gone, seenAt } = record;
  // Earlier versions read a list of events, which is empty here.
  const stored = { v: 1, fence, connectionId, job, events: [], checkpoints, local, complete, gone, seenAt, eventCount };
  await writeFileAtomic(file, `${JSON.stringify(stored)}\n`, lock);
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
