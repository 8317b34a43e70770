import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Problem, type Result } from '../../core/base/result.ts';
import { storageProblem, systemCode } from '../../storage/storageProblem.ts';

export interface Snapshot {
  readonly path: string;
  /** Of the bytes in the snapshot, hexadecimal. */
  readonly sha256: string;
  /** Of the file it was made from; another one when a byte order mark was left out. */
  readonly sourceSha256: string;
  readonly bytes: number;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Copies a dataset to a place where nobody edits it, hashing on the way, on the disk when it returns. A byte order mark is left
 * out: providers answer "line 1 is not a dictionary" to it. Rejects with the signal's reason when aborted.
 */
export async function takeSnapshot(source: string, target: string, signal?: AbortSignal): Promise<Result<Snapshot>> {
  const hash = createHash('sha256');
  const sourceHash = createHash('sha256');
  let bytes = 0;
  let handle;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    handle = await open(target, 'w', 0o600);
  } catch (error) {
    return fail(unwritable(error, target));
  }
  try {
    const stream = createReadStream(source, { highWaterMark: 262_144, ...(signal ? { signal } : {}) });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const part = bytes === 0 && chunk.subarray(0, 3).equals(BOM) ? chunk.subarray(3) : chunk;
      sourceHash.update(chunk);
      hash.update(part);
      bytes += part.length;
      await write(handle, part);
    }
    await handle.sync().catch(notWritten);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NotWritten) return fail(unwritable(error.cause, target));
    return fail(unreadable(source, error));
  } finally {
    await handle.close();
  }
  return ok({ path: target, sha256: hash.digest('hex'), sourceSha256: sourceHash.digest('hex'), bytes });
}

/** Sha-256 of a file, hexadecimal; null when it cannot be read. Rejects with the signal's reason when aborted. */
export async function hashOfFile(file: string, signal?: AbortSignal): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    const stream = createReadStream(file, { highWaterMark: 262_144, ...(signal ? { signal } : {}) });
    for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

/** Tells a full disk here from an unreadable file there. */
class NotWritten extends Error {}

function notWritten(cause: unknown): never {
  throw new NotWritten('The copy could not be written.', { cause });
}

async function write(handle: FileHandle, part: Buffer): Promise<void> {
  // A short write is no error; the rest is.
  for (let done = 0; done < part.length;) {
    const { bytesWritten } = await handle.write(part, done).catch(notWritten);
    done += bytesWritten;
  }
}

function unwritable(error: unknown, target: string): Problem {
  const folder = path.dirname(path.dirname(target));
  return (
    storageProblem(error, folder) ?? {
      code: 'storage-unwritable',
      message: `Nothing can be saved in ${folder} (${codeOf(error)}).`,
      action: 'Check the folder, then try again.',
    }
  );
}

function unreadable(source: string, error: unknown): Problem {
  const name = path.basename(source);
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return {
      code: 'file-missing',
      message: `The file ${name} is no longer there.`,
      action: 'Choose the file again, or restore it.',
    };
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return {
      code: 'file-unreadable',
      message: `The file ${name} cannot be read, because too many files are open (${code}).`,
      action: 'Close some windows and try again.',
    };
  }
  return {
    code: 'file-unreadable',
    message: `The file ${name} cannot be read (${code}).`,
    action: 'Check its permissions and try again.',
  };
}

function codeOf(error: unknown): string {
  return systemCode(error) || 'unknown reason';
}
