import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../../core/base/result.ts';
import { reasonOf, storageProblem, systemCode } from '../../storage/storageProblem.ts';

export interface Snapshot {
  readonly path: string;
  /** Hash of the bytes in the snapshot, hexadecimal. */
  readonly sha256: string;
  /** Hash of the source file; differs when a byte order mark was left out. */
  readonly sourceSha256: string;
  readonly bytes: number;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Copies a dataset to a place where it is not edited, hashing on the way, on the disk when it returns. A byte order mark is left
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

/** Computes the Sha-256 of a file, hexadecimal; null when it cannot be read. Rejects with the signal's reason when aborted. */
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

/** Failed write; tells a full disk here from an unreadable source. */
class NotWritten extends Error {}

function notWritten(cause: unknown): never {
  throw new NotWritten('copy', { cause });
}

async function write(handle: FileHandle, part: Buffer): Promise<void> {
  // A short write is no error and is continued.
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
      message: t('Nothing can be saved in {0} ({1}).', folder, reasonOf(error)),
      action: t('Check the folder, then try again.'),
    }
  );
}

function unreadable(source: string, error: unknown): Problem {
  const name = path.basename(source);
  const code = systemCode(error);
  if (code === 'ENOENT') {
    return {
      code: 'file-missing',
      message: t('The file {0} no longer exists.', name),
      action: t('Choose the file again, or restore it.'),
    };
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return {
      code: 'file-unreadable',
      message: t('The file {0} cannot be read, because too many files are open ({1}).', name, code),
      action: t('Close some windows and try again.'),
    };
  }
  return {
    code: 'file-unreadable',
    message: t('The file {0} cannot be read ({1}).', name, reasonOf(error)),
    action: t('Check its permissions and try again.'),
  };
}
