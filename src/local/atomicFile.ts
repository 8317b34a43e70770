import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomName } from './server/ids.ts';

/** On Windows a virus scanner or an indexer may hold a file for a moment. */
const BUSY = new Set(['EPERM', 'EBUSY', 'EACCES']);
const RETRY_MS = 5000;

/**
 * Writes a file so that a reader, and whoever comes after a crash, finds the old content or the new, never half of one:
 * temporary file, fsync, rename. Synchronous: it orders itself with everything else the server does.
 */
export function writeAtomic(file: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = `${file}.${randomName(8)}.tmp`;
  try {
    const descriptor = openSync(temporary, 'wx', mode);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameWithRetry(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function renameWithRetry(from: string, to: string): void {
  const end = Date.now() + RETRY_MS;
  for (let wait = 5; ; wait = Math.min(200, wait * 2)) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (process.platform !== 'win32' || code === undefined || !BUSY.has(code) || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    }
  }
}

/** Returns when what was written to the file is on the disk. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
