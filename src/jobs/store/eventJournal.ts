import { type FileHandle, open } from 'node:fs/promises';
import { encodeRecord, decodeRecords } from '../../core/journal/lines.ts';
import type { JobEvent } from '../../core/training/job.ts';
import type { Lease } from '../../storage/lease.ts';
import { slices } from '../../storage/slices.ts';
import { systemCode } from '../../storage/storageProblem.ts';
import { eventsOf, lineOf, linesOf } from './eventLine.ts';

/** How far a journal is known: the end of the last good line. */
export interface JournalPlace {
  /** Mark of the file; another one means that it was made again. */
  readonly file: number;
  readonly bytes: number;
}

const CHUNK = 262_144;
const NEWLINE = 10;

/** Name of the journal beside a record's file. */
export function journalOf(recordFile: string): string {
  return recordFile.replace(/\.json$/, '.events.jsonl');
}

/**
 * Reads the events behind `place` (null: all), some at a time in the order of the file, and gives other work its turn in between. A
 * damaged or torn line is skipped. Never changes the file.
 * @returns the new place; null when there is no such file, or when it was made again since `place`: it has to be read from its beginning.
 */
export async function readEvents(
  file: string,
  place: JournalPlace | null,
  take: (events: readonly JobEvent[]) => void,
): Promise<JournalPlace | null> {
  const handle = await openIfThere(file);
  if (!handle) return null;
  try {
    const { ino, size } = await handle.stat();
    if (place && (place.file !== ino || size < place.bytes)) return null;
    const bytes = await readLines(handle, place?.bytes ?? 0, take);
    return { file: ino, bytes };
  } finally {
    await handle.close();
  }
}

/**
 * Adds events to the file, of which the caller has just read what is before `place`: what is behind it was torn by a crash. It stays, as a
 * line that readers skip: cutting it off could take lines of another process, had this one stood still in between. `written` is told how
 * many of them the system has. Rejects with the system's error, or when `lock` was lost.
 * @returns the place behind them.
 */
export async function appendEvents(
  file: string,
  place: JournalPlace | null,
  events: readonly JobEvent[],
  lock: Pick<Lease, 'holds'>,
  written: (count: number) => void,
): Promise<JournalPlace | null> {
  if (events.length === 0) return place;
  const handle = await open(file, 'a', 0o600);
  try {
    const { ino, size } = await handle.stat();
    let bytes = size;
    const turn = slices();
    let text: string[] = size > (place?.bytes ?? 0) ? ['\n'] : [];
    let count = 0;
    let length = 0;
    const write = async (): Promise<void> => {
      if (!(await lock.holds())) throw Object.assign(new Error('The lock of the jobs was lost.'), { code: 'EBUSY' });
      const data = Buffer.from(text.join(''));
      await handle.appendFile(data);
      bytes += data.length;
      written(count);
      [text, count, length] = [[], 0, 0];
    };
    for (const some of linesOf(events)) {
      const line = encodeRecord(lineOf(some));
      text.push(line);
      count += some.length;
      length += line.length;
      if (length > CHUNK) await write();
      await turn();
    }
    if (count > 0) await write();
    await handle.sync();
    return { file: ino, bytes };
  } finally {
    await handle.close();
  }
}

/** Reads lines from an offset on; returns the end of the last good one. */
async function readLines(
  handle: FileHandle,
  from: number,
  take: (events: readonly JobEvent[]) => void,
): Promise<number> {
  const turn = slices();
  const chunk = Buffer.alloc(CHUNK);
  let rest: Buffer = Buffer.alloc(0);
  let restAt = from;
  let good = from;
  for (let at = from; ;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) return good;
    at += bytesRead;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const { records } = decodeRecords(rest.subarray(0, end + 1));
      rest = rest.subarray(end + 1);
      restAt += end + 1;
      if (records.length === 0) continue;
      good = restAt;
      take(eventsOf(records[0]));
      await turn();
    }
  }
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
