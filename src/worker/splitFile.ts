import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createChecker } from '../core/dataset/check.ts';
import { hashText, promptKey } from '../core/dataset/identity.ts';
import { splitRows } from '../core/dataset/split.ts';
import type { RawLine } from '../core/jsonl/lines.ts';
import { fileProblem, WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

export interface SplitTarget {
  readonly train: string;
  readonly validation: string;
}

const WRITE_BYTES = 256 * 1024;

/**
 * Writes the lines of `path` to two files, each in exactly one, byte for byte (line endings become LF, blank lines and a
 * byte order mark go). It reads the file twice and refuses when it has changed in between. Either both targets are
 * written and in place, or neither is touched.
 */
export async function splitFile(
  path: string,
  target: SplitTarget,
  options: { readonly validationShare: number; readonly seed: number },
  signal: AbortSignal,
): Promise<{ readonly train: number; readonly validation: number }> {
  const places = [resolve(path), resolve(target.train), resolve(target.validation)];
  if (new Set(places).size < places.length) {
    throw new WorkerProblem({
      code: 'same-file',
      message: 'The two parts and the file they come from need different names.',
      action: 'Choose other names.',
    });
  }
  const { keys, sha256 } = await readKeys(path, signal);
  const chosen = splitRows(keys, options.validationShare, options.seed);
  const validation = chosen.filter(Boolean).length;
  if (validation === 0) {
    throw new WorkerProblem({
      code: 'cannot-split',
      message: 'The file cannot be split: all its examples ask the same.',
      action: 'Choose a validation file, or go on without one.',
    });
  }

  const mark = `.${randomBytes(6).toString('hex')}.tmp`;
  const temporary = { train: target.train + mark, validation: target.validation + mark };
  try {
    await writeParts(path, temporary, chosen, sha256, signal);
    await putInPlace([
      { from: temporary.train, to: target.train },
      { from: temporary.validation, to: target.validation },
    ]);
  } finally {
    // Gone already when all went well.
    await Promise.all(Object.values(temporary).map((file) => rm(file, { force: true })));
  }
  return { train: keys.length - validation, validation };
}

/** One key for every non-blank line: that of its prompt, or of its text where it is no example. */
async function readKeys(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly keys: readonly string[]; readonly sha256: string }> {
  const checker = createChecker({ minExamples: 0 });
  const keys: string[] = [];
  const { sha256 } = await readLines(
    { path },
    {
      signal,
      onLine: (line) => {
        const checked = checker.line(line);
        const error = checked.findings.find((finding) => finding.severity === 'error');
        if (checker.stopped || line.bytes === null) {
          throw new WorkerProblem({
            code: error?.code ?? 'cannot-split',
            message: error?.message ?? 'The file cannot be split.',
            action: error?.action ?? 'Choose another file.',
          });
        }
        if (checked.blank) return true;
        keys.push(
          checked.example === null
            ? `line ${checked.text === null ? String(line.number) : hashText(checked.text)}`
            : promptKey(checked.example),
        );
        return true;
      },
    },
  );
  const empty = checker.end().findings.find((finding) => finding.code === 'empty-file');
  if (empty !== undefined) throw new WorkerProblem({ code: empty.code, message: empty.message, action: empty.action });
  return { keys, sha256 };
}

async function writeParts(
  path: string,
  files: SplitTarget,
  chosen: readonly boolean[],
  sha256: string,
  signal: AbortSignal,
): Promise<void> {
  const train = await PartWriter.open(files.train);
  try {
    const validation = await PartWriter.open(files.validation);
    try {
      let row = 0;
      const outcome = await readLines(
        { path },
        {
          signal,
          onLine: (line) => {
            const bytes = contentOf(line);
            if (bytes === null) return true;
            (chosen[row] === true ? validation : train).add(bytes);
            row += 1;
            return true;
          },
          afterChunk: async () => {
            await train.flush(WRITE_BYTES);
            await validation.flush(WRITE_BYTES);
          },
        },
      );
      if (outcome.sha256 !== sha256 || row !== chosen.length) {
        throw new WorkerProblem({
          code: 'file-changed',
          message: `${basename(path)} was changed while it was being split.`,
          action: 'Save the file and try again.',
        });
      }
      await train.finish();
      await validation.finish();
    } finally {
      await validation.close();
    }
  } finally {
    await train.close();
  }
}

/** The bytes to be written for a line; null for a blank one. */
function contentOf(line: RawLine): Uint8Array | null {
  let { bytes } = line;
  if (bytes === null) return null;
  if (line.offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d) ? null : bytes;
}

/** Collects lines and writes them in large pieces. */
class PartWriter {
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
    throw fileProblem(Object.assign(new Error('A folder'), { code: 'EISDIR' }), basename(path), 'write');
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
