import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { t } from '../core/base/messages.ts';
import type { RawLine } from '../core/jsonl/lines.ts';
import { crypto } from './lateCrypto.ts';
import { fileProblem, WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

const WRITE_BYTES = 256 * 1024;

/** Identity of a file when its lines were assigned to parts. */
export interface ReadFile {
  /** Hexadecimal. */
  readonly sha256: string;
  /** Lines that are not blank. */
  readonly rows: number;
}

/**
 * Writes lines of `path` to `targets`, byte for byte (line endings become LF, blank lines and a byte order mark go).
 * `partOf` says for each line that is not blank, by its place among them and its number in the file, to which target it
 * goes; -1 leaves it out. It refuses when the file is not the one that was read before. Either all targets are written
 * and in place, or none is touched. Returns the number of rows in each target.
 */
export async function writeParts(
  path: string,
  targets: readonly string[],
  partOf: (row: number, line: number) => number,
  before: ReadFile,
  signal: AbortSignal,
): Promise<readonly number[]> {
  refuseSameFile([path, ...targets]);
  return await inPlace(targets, async (temporary) => {
    const counts = targets.map(() => 0);
    const writers: PartWriter[] = [];
    try {
      for (const file of temporary) writers.push(await PartWriter.open(file));
      let row = 0;
      const outcome = await readLines(
        { path },
        {
          signal,
          onLine: (line) => {
            const bytes = contentOf(line);
            if (bytes === null) return true;
            const part = partOf(row, line.number);
            row += 1;
            const writer = writers[part];
            if (writer === undefined) return true;
            writer.add(bytes);
            counts[part] = (counts[part] ?? 0) + 1;
            return true;
          },
          afterChunk: async () => {
            for (const writer of writers) await writer.flush(WRITE_BYTES);
          },
        },
      );
      if (outcome.sha256 !== before.sha256 || row !== before.rows) throw fileChanged(path);
      for (const writer of writers) await writer.finish();
    } finally {
      for (const writer of writers) await writer.close();
    }
    return counts;
  });
}

export function fileChanged(path: string): WorkerProblem {
  return new WorkerProblem({
    code: 'file-changed',
    message: t('{0} was changed while it was being read.', basename(path)),
    action: t('Save the file and try again.'),
  });
}

export function refuseSameFile(paths: readonly string[]): void {
  const places = paths.map((path) => resolve(path));
  if (new Set(places).size < places.length) {
    throw new WorkerProblem({
      code: 'same-file',
      message: t('The new files and their source file need different names.'),
      action: t('Choose other names.'),
    });
  }
}

/**
 * Gives `write` temporary names beside the targets, and puts what it wrote there in place: all files or none. `mark`: what the
 * temporary names end in, for a caller that may end the thread and clean up after it.
 */
export async function inPlace<T>(
  targets: readonly string[],
  write: (temporary: readonly string[]) => Promise<T>,
  mark = `.${crypto().randomBytes(6).toString('hex')}.tmp`,
): Promise<T> {
  const temporary = targets.map((target) => target + mark);
  try {
    const result = await write(temporary);
    await putInPlace(targets.map((to, index) => ({ from: temporary[index] ?? to, to })));
    return result;
  } finally {
    // Gone already when all went well.
    await Promise.all(temporary.map((file) => rm(file, { force: true })));
  }
}

/** Bytes to write for a line; null for a blank one. */
export function contentOf(line: RawLine): Uint8Array | null {
  let { bytes } = line;
  if (bytes === null) return null;
  if (line.offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d) ? null : bytes;
}

/** Collects lines and writes them in large pieces. */
export class PartWriter {
  private readonly file: FileHandle;
  private readonly name: string;
  private parts: Uint8Array[] = [];
  private length = 0;

  private constructor(file: FileHandle, name: string) {
    this.file = file;
    this.name = name;
  }

  static async open(path: string): Promise<PartWriter> {
    const name = basename(path).replace(/\.[0-9a-f]{12}\.tmp$/, '');
    try {
      return new PartWriter(await open(path, 'wx'), name);
    } catch (error) {
      throw fileProblem(error, name, 'write');
    }
  }

  add(line: Uint8Array): void {
    const copy = new Uint8Array(line.length + 1);
    copy.set(line);
    copy[line.length] = 0x0a;
    this.parts.push(copy);
    this.length += copy.length;
  }

  /** Adds bytes as they are; a line has its own ending. */
  addBytes(bytes: Uint8Array): void {
    this.parts.push(bytes.slice());
    this.length += bytes.length;
  }

  /** Writes what is held when it is at least `atLeast` bytes. */
  async flush(atLeast: number): Promise<void> {
    if (this.length === 0 || this.length < atLeast) return;
    const bytes = Buffer.concat(this.parts, this.length);
    this.parts = [];
    this.length = 0;
    try {
      await this.file.writeFile(bytes);
    } catch (error) {
      throw fileProblem(error, this.name, 'write');
    }
  }

  async finish(): Promise<void> {
    await this.flush(0);
    try {
      await this.file.sync();
    } catch (error) {
      throw fileProblem(error, this.name, 'write');
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** Renames all or none: what stood in a target's place is kept beside it until the last one is there. */
async function putInPlace(moves: readonly Move[]): Promise<void> {
  const [only] = moves;
  if (only !== undefined && moves.length === 1) {
    // One rename is all or nothing by itself, and the name is never missing.
    await refuseFolder(only.to);
    try {
      await rename(only.from, only.to);
    } catch (error) {
      throw fileProblem(error, basename(only.to), 'write');
    }
    await syncFolder(dirname(only.to));
    return;
  }
  const undo: (() => Promise<void>)[] = [];
  const backups: string[] = [];
  try {
    for (const { from, to } of moves) {
      const backup = `${from}.old`;
      await refuseFolder(to);
      try {
        await rename(to, backup);
        backups.push(backup);
        undo.push(() => rename(backup, to));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
          throw fileProblem(error, basename(to), 'write');
      }
      try {
        await rename(from, to);
      } catch (error) {
        throw fileProblem(error, basename(to), 'write');
      }
      undo.push(() => rm(to, { force: true }));
    }
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    throw error;
  }
  await Promise.all(backups.map((file) => rm(file, { force: true })));
  for (const folder of new Set(moves.map(({ to }) => dirname(to)))) await syncFolder(folder);
}

/** A folder in a target's place could be renamed away like a file; it is not ours to move. */
async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) {
    throw fileProblem(Object.assign(new Error('EISDIR'), { code: 'EISDIR' }), basename(path), 'write');
  }
}

/** A rename survives a power cut only once its folder is on the disk. Windows cannot open folders: then it is left out. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(join(folder, '.'), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Nothing is lost: both files are in place.
  }
}
