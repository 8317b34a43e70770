import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { t } from '../core/base/messages.ts';
import { createLineSplitter, encodeInChunks, type RawLine } from '../core/jsonl/lines.ts';
import type { DatasetSource } from '../protocol/datasetWorker.ts';
import { createHash } from './lateCrypto.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

const CHUNK_BYTES = 256 * 1024;
/** Milliseconds of work between two chances for other requests. */
const LISTEN_MS = 10;

export interface ReadOutcome {
  readonly bytes: number;
  /** Hexadecimal; of all bytes. Empty when it was not wanted. */
  readonly sha256: string;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Takes a line; false stops the reading, and the outcome then covers only the bytes read so far. */
  readonly onLine: (line: RawLine) => boolean;
  /** Offset of the first line that is not passed on, with all later ones; their bytes are read all the same. */
  readonly linesUntil?: number;
  /** True by default; without it the outcome's hash is empty, and nothing is read after the last line. */
  readonly hashed?: boolean;
  /** Awaited after each chunk, with the bytes read so far: where lines go somewhere that may be slower. */
  readonly afterChunk?: (bytes: number) => Promise<void> | void;
}

/** Reads a source once, line by line, in constant memory. A line's bytes are valid only inside `onLine`. */
export async function readLines(source: DatasetSource, options: ReadOptions): Promise<ReadOutcome> {
  const splitter = createLineSplitter();
  const { linesUntil = Infinity, hashed = true } = options;
  const hash = hashed ? createHash('sha256') : null;
  let bytes = 0;
  const feed = (lines: Iterable<RawLine>): boolean => {
    for (const line of lines) if (!options.onLine(line)) return false;
    return true;
  };
  let going = true;
  for await (const chunk of chunksOf(source, options.signal)) {
    hash?.update(chunk);
    if (bytes < linesUntil) going = feed(splitter.push(chunk.subarray(0, linesUntil - bytes)));
    bytes += chunk.length;
    await options.afterChunk?.(bytes);
    if (!going || (!hashed && bytes >= linesUntil)) break;
  }
  // When the lines end before the file does, none is left.
  if (going) feed(splitter.end());
  options.signal.throwIfAborted();
  return { bytes, sha256: hash?.digest('hex') ?? '' };
}

async function* chunksOf(source: DatasetSource, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted();
  if ('text' in source) {
    for (const chunk of encodeInChunks(source.text)) {
      yield chunk;
      // Lets a request to cancel arrive.
      await nextTurn();
      signal.throwIfAborted();
    }
    return;
  }
  const name = basename(source.path);
  let file: FileHandle;
  try {
    file = await open(source.path, 'r');
  } catch (error) {
    throw fileProblem(error, name, 'read');
  }
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw fileProblem(Object.assign(new Error(), { code: 'EISDIR' }), name, 'read');
    // A pipe or a device may never end.
    if (!stat.isFile()) {
      throw new WorkerProblem({
        code: 'not-a-file',
        message: t('{0} is not a regular file.', name),
        action: t('Choose a .jsonl file.'),
      });
    }
    // A Buffer finds line feeds several times faster than other arrays do.
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let listened = performance.now();
    for (;;) {
      signal.throwIfAborted();
      let read: number;
      try {
        // Datasets are read in threads that have nothing else to do: handing every chunk to another one and back takes a
        // quarter of the time of checking it.
        read = readSync(file.fd, buffer, 0, CHUNK_BYTES, null);
      } catch (error) {
        throw fileProblem(error, name, 'read');
      }
      if (read === 0) return;
      yield buffer.subarray(0, read);
      if (performance.now() - listened < LISTEN_MS) continue;
      // Lets a request to cancel or another request arrive.
      await nextTurn();
      listened = performance.now();
    }
  } finally {
    await file.close();
  }
}
