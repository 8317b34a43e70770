import { open } from 'node:fs/promises';
import type { Contestant, RunConfig, RunStatus } from '../core/evaluation/types.ts';
import { decodeRecords } from '../core/journal/lines.ts';
import { parseRecords } from './reader.ts';
import { journalOf } from './runFiles.ts';

/** First block of a journal; its first line is longer where floors have many answers. */
const HEAD_BYTES = 262_144;
const TAIL_BYTES = 65_536;
const LINE_FEED = 10;

/** Head of a run for lists, read from the first and the last lines only. */
export interface RunHead {
  /** Without the answers of free floors, which only an open run needs. */
  readonly config: RunConfig;
  /** `running` until an end is written. */
  readonly status: RunStatus;
  /** Rows with an answer when its end was written; null before. */
  readonly answered: number | null;
}

/** Configuration of a run for lists. */
export function forList(config: RunConfig): RunConfig {
  if (config.contestants.every(({ answers }) => answers === undefined)) return config;
  const contestants = config.contestants.map((contestant) => {
    const listed: { -readonly [Key in keyof Contestant]: Contestant[Key] } = { ...contestant };
    delete listed.answers;
    return listed;
  });
  return { ...config, contestants };
}

/** Reads the head of a run; null for a file that is no run. Rejects with the system's error. */
export async function readHead(folder: string, id: string): Promise<RunHead | null> {
  const handle = await open(journalOf(folder, id), 'r');
  try {
    const { size } = await handle.stat();
    const read = async (position: number, length: number): Promise<Uint8Array> => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    let start = await read(0, Math.min(size, HEAD_BYTES));
    while (!start.includes(LINE_FEED) && start.length < size) start = await read(0, Math.min(size, start.length * 4));
    // Only the first line is wanted: the rest of the block need not be understood.
    const [first] = await parseRecords(decodeRecords(start.subarray(0, start.indexOf(LINE_FEED) + 1)).records);
    if (first?.k !== 'run' || first.config.id !== id) return null;
    const tailStart = Math.max(0, size - TAIL_BYTES);
    const tail = await parseRecords(decodeRecords(await read(tailStart, size - tailStart)).records);
    const mark = tail.findLast((record) => record.k === 'status');
    const status = mark?.status ?? 'running';
    return { config: forList(first.config), status, answered: mark && status !== 'running' ? mark.answered : null };
  } finally {
    await handle.close();
  }
}
