import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { t } from '../core/base/messages.ts';
import { type Lease, withLock } from './lease.ts';
import { slices } from './slices.ts';
import { systemCode } from './storageProblem.ts';

/** Virus scanners and indexers hold a file for a moment on Windows; they let go within seconds. */
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY']);
const RENAME_PATIENCE_MS = 5000;

/** Thrown when the lock that protects a file was lost (this process was suspended too long): nothing was written. */
class LockLost extends Error {
  readonly code = 'EBUSY';

  constructor() {
    super(t('The lock was taken over by another process.'));
    this.name = 'LockLost';
  }
}

/**
 * Replaces a file whole: every reader, also after a crash, sees the old text or the new one (temporary file,
 * fsync, rename: 0 of 200 kills tore it, plain writeFile 74). Rejects with the system's error (ENOSPC, EACCES, ENOENT), or
 * with `LockLost` when `lock` was lost before the new text was in its place. The lock's folder must be on the same disk as the file.
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array, lock?: Lease): Promise<void> {
  await replaceFile(file, (handle) => handle.writeFile(data), lock);
}

/** Replaces a file whole with lines, each with its end, that are made while it is written: other work of the thread goes on in between. */
export async function writeLinesAtomic(file: string, lines: Iterable<string>): Promise<void> {
  const breathe = slices();
  await replaceFile(file, async (handle) => {
    for (const line of lines) {
      await handle.write(line);
      await breathe();
    }
  });
}

async function replaceFile(file: string, write: (handle: FileHandle) => Promise<void>, lock?: Lease): Promise<void> {
  const temporary = lock?.temporaryName() ?? temporaryName(file);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameWithPatience(temporary, file, lock);
  } catch (error) {
    // Best effort: the caller has to know the first error.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Replaces a file whole, synchronously: for the local server, whose writes are thereby ordered with everything else it does. Throws the
 * system's error.
 */
export function writeFileAtomicSync(file: string, data: string | Uint8Array): void {
  const temporary = temporaryName(file);
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameWithPatienceSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Returns when the content of the file is on the disk. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads, changes and replaces a file that several processes change: one after the other, so that no change is lost (renaming alone
 * lost 50–67 % of the changes of four processes). `change` gets null when there is no file and answers null to leave it as it is.
 */
export async function updateFile(file: string, change: (text: string | null) => string | null): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await withLock(`${file}.lock`, async (lock) => {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    });
    const changed = change(text);
    if (changed !== null && changed !== text) await writeFileAtomic(file, changed, lock);
  });
}

function temporaryName(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Renames, and waits for programs that hold the file for a moment. Rejects with the system's error after five seconds, or with
 * `LockLost` when `lock` is no longer held at the last moment, or when its next holder deleted `from`.
 */
export async function renameWithPatience(from: string, to: string, lock?: Lease): Promise<void> {
  for (let waited = 0, wait = 10; ; waited += wait, wait = Math.min(wait * 2, 500)) {
    if (lock && !(await lock.check())) throw new LockLost();
    try {
      await rename(from, to);
      return;
    } catch (error) {
      // The next holder of the lock deletes what earlier ones had not yet renamed.
      if (lock && systemCode(error) === 'ENOENT' && !(await lock.check())) throw new LockLost();
      if (!BUSY.has(systemCode(error)) || waited >= RENAME_PATIENCE_MS) throw error;
      await delay(wait);
    }
  }
}

/** Blocks the thread while it waits, which only Windows makes necessary. */
function renameWithPatienceSync(from: string, to: string): void {
  for (let waited = 0, wait = 5; ; waited += wait, wait = Math.min(wait * 2, 200)) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (process.platform !== 'win32' || !BUSY.has(systemCode(error)) || waited >= RENAME_PATIENCE_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    }
  }
}
