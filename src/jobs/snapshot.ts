import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';

export interface Snapshot {
  readonly path: string;
  /** Of the bytes in the snapshot, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Copies a dataset to a place where nobody edits it, hashing on the way, on the disk when it returns. A byte order mark is left
 * out: providers answer "line 1 is not a dictionary" to it. Rejects with the signal's reason when aborted.
 */
export async function takeSnapshot(source: string, target: string, signal?: AbortSignal): Promise<Result<Snapshot>> {
  const hash = createHash('sha256');
  let bytes = 0;
  let handle;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    handle = await open(target, 'w', 0o600);
  } catch (error) {
    return fail({
      code: 'storage-unwritable',
      message: `The folder ${path.dirname(target)} cannot be written (${codeOf(error)}).`,
      action: 'Make room or repair its permissions, then try again.',
    });
  }
  try {
    const stream = createReadStream(source, { highWaterMark: 262_144, ...(signal ? { signal } : {}) });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const part = bytes === 0 && chunk.subarray(0, 3).equals(BOM) ? chunk.subarray(3) : chunk;
      hash.update(part);
      bytes += part.length;
      await handle.write(part);
    }
    await handle.sync();
  } catch (error) {
    signal?.throwIfAborted();
    return fail(unreadable(source, error));
  } finally {
    await handle.close();
  }
  return ok({ path: target, sha256: hash.digest('hex'), bytes });
}

function unreadable(source: string, error: unknown): { code: string; message: string; action: string } {
  const name = path.basename(source);
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return {
      code: 'file-missing',
      message: `The file ${name} is no longer there.`,
      action: 'Choose the file again, or restore it.',
    };
  }
  if (code === 'ENOSPC') {
    return { code: 'disk-full', message: 'The disk is full.', action: 'Make room and try again.' };
  }
  return {
    code: 'file-unreadable',
    message: `The file ${name} cannot be read (${code}).`,
    action: 'Check its permissions and try again.',
  };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown reason';
}
