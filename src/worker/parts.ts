// Large files are read by several threads, each of them its part.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { spoken } from '../core/base/messages.ts';
import { createLineSplitter } from '../core/jsonl/lines.ts';
import type { TokenCounter } from '../core/tokens/count.ts';
import type { DatasetSource } from '../protocol/datasetWorker.ts';
import { accumulatorOf, type Accumulator, type PartTask } from './accumulators.ts';
import { readLines, type ReadOutcome } from './readLines.ts';

/** Smaller parts are read before another thread has started. */
const MIN_PART_BYTES = 16 * 1024 * 1024;
/** Bytes that this thread reads while another one starts and is compiled; its part is larger by as much. Counting takes longer than checking. */
const HEAD_START_BYTES = { check: 48 * 1024 * 1024, inspect: 8 * 1024 * 1024, tokens: 8 * 1024 * 1024 };
/** Smaller files are checked as soon by one thread as by two, which take half as much CPU again. */
const MIN_CHECKED_IN_PARTS = 192 * 1024 * 1024;
/** Each thread takes 15 to 25 MB of memory; more than these gain little. */
const MAX_PARTS = 3;
const CHUNK_BYTES = 256 * 1024;
const LF = 0x0a;
const BRACE = 0x7b;

/** A part of a file that begins at the beginning of a line and ends at that of another, or of the file. */
export interface FilePart {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Data that a thread is started with. */
export interface PartOrder {
  readonly part: FilePart;
  readonly task: PartTask;
}

export interface PartsOptions {
  readonly signal: AbortSignal;
  /** True when the outcome needs its hash. */
  readonly hashed: boolean;
  /** Most parts, and their smallest size in bytes; for tests. */
  readonly parts?: number;
  readonly minPartBytes?: number;
}

/**
 * Feeds every line of a source to the accumulator from `make`; of a large file only the first part, while other threads do `task`
 * with the others, whose states are joined to it. What comes out is the same.
 */
export async function accumulate<State, A extends Accumulator<State>>(
  source: DatasetSource,
  task: PartTask,
  make: () => A,
  options: PartsOptions,
): Promise<{ readonly accumulator: A; readonly read: ReadOutcome }> {
  const { signal, hashed } = options;
  if ('path' in source) {
    const shared = await inParts<State, A>(source.path, task, make, options);
    if (shared !== null) return shared;
  }
  const accumulator = make();
  const read = await readLines(source, { signal, hashed, onLine: (line) => accumulator.line(line) });
  return { accumulator, read };
}

/** Returns null when one thread has to read the file: it is small, its beginning does not decide its kind, or something went wrong. */
async function inParts<State, A extends Accumulator<State>>(
  path: string,
  task: PartTask,
  make: () => A,
  options: PartsOptions,
): Promise<{ readonly accumulator: A; readonly read: ReadOutcome } | null> {
  const { signal, hashed } = options;
  const starts = await partStarts(path, task, options);
  const [, second, ...others] = starts;
  if (second === undefined) return null;
  const before = await stat(path);
  const ends = [...others, before.size];
  const threads = ends.map((end, n) =>
    startThread<State>({ part: { path, start: starts[n + 1] ?? end, end }, task }, signal),
  );
  try {
    // It is awaited later, and may fail meanwhile.
    const joined = Promise.all(threads.map(({ state }) => state));
    joined.catch(() => undefined);
    const accumulator = make();
    const read = await readLines(
      { path },
      { signal, hashed, linesUntil: second, onLine: (line) => accumulator.line(line) },
    );
    if (accumulator.stopped) return { accumulator, read };
    if (accumulator.undecided) return null;
    for (const state of await joined) accumulator.join(state);
    const after = await stat(path);
    // The parts belong to different versions of the file.
    if (after.mtimeMs !== before.mtimeMs || after.size !== before.size) return null;
    return { accumulator, read };
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  } finally {
    for (const { end } of threads) end();
  }
}

function startThread<State>(order: PartOrder, signal: AbortSignal): { state: Promise<State>; end: () => void } {
  const worker = new Worker(workerFile(), {
    workerData: { ...order, language: spoken() },
    execArgv: [],
    name: 'tuning-fork-dataset-part',
    // Nothing of a line outlives it: a small nursery is collected as fast and keeps little.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const end = (): void => {
    signal.removeEventListener('abort', end);
    void worker.terminate();
  };
  signal.addEventListener('abort', end, { once: true });
  const state = new Promise<State>((resolve, reject) => {
    worker.once('message', (value: State) => {
      resolve(value);
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error('The thread has ended without an answer'));
    });
  });
  return { state, end };
}

/** The dataset worker itself: as bundled, or when run from a checkout. */
function workerFile(): URL {
  const built = new URL('./datasetWorker.js', import.meta.url);
  return existsSync(fileURLToPath(built)) ? built : new URL('./datasetWorker.ts', import.meta.url);
}

/** Runs in its own thread: the state of `task` for the lines of a part. */
export function readPart({ part: { path, start, end }, task }: PartOrder, counter: () => TokenCounter): unknown {
  const accumulator = accumulatorOf(task, counter, true);
  const splitter = createLineSplitter(undefined, start);
  const file = openSync(path, 'r');
  try {
    // A Buffer finds line feeds several times faster than other arrays do.
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let position = start;
    while (position < end) {
      const length = readSync(file, buffer, 0, Math.min(buffer.length, end - position), position);
      if (length === 0) break;
      position += length;
      for (const line of splitter.push(buffer.subarray(0, length))) accumulator.line(line);
    }
    for (const line of splitter.end()) accumulator.line(line);
  } finally {
    closeSync(file);
  }
  return accumulator.state();
}

/** Offsets where parts of about the same size begin (the first one, at 0, is larger); only 0 when the file is too small for parts. */
async function partStarts(path: string, { kind }: PartTask, { parts, minPartBytes }: PartsOptions): Promise<number[]> {
  const smallest = minPartBytes ?? MIN_PART_BYTES;
  const headStart = minPartBytes === undefined ? HEAD_START_BYTES[kind] : 0;
  const starts = [0];
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    // The reader reports why.
    return starts;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) return starts;
    if (kind === 'check' && minPartBytes === undefined && found.size < MIN_CHECKED_IN_PARTS) return starts;
    const shared = found.size - headStart;
    const count = Math.min(parts ?? Math.min(availableParallelism(), MAX_PARTS), Math.floor(shared / smallest));
    for (let n = 1; n < count; n += 1) {
      const start = await nextLine(file, headStart + Math.floor((shared / count) * n));
      if (start > (starts.at(-1) ?? 0) && start < found.size) starts.push(start);
    }
    return starts;
  } finally {
    await file.close();
  }
}

/**
 * The first beginning of a line from `from` on; the file's end when there is none. One that begins an object is preferred: an
 * example may go on over lines.
 */
async function nextLine(file: FileHandle, from: number): Promise<number> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let position = from - 1;
  let found: number | null = null;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return found ?? position;
    const bytes = buffer.subarray(0, bytesRead);
    for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      const start = position + at + 1;
      const next = bytes[at + 1];
      if (next === undefined || next === BRACE) return start;
      found ??= start;
    }
    position += bytesRead;
    if (found !== null && position - from > CHUNK_BYTES) return found;
  }
}
