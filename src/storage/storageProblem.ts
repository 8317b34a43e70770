import type { Problem } from '../core/base/result.ts';

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'Make room, then try again.'],
  EDQUOT: ['the disk quota is used up', 'Make room, then try again.'],
  EFBIG: ['the disk takes no file that large', 'Make room, then try again.'],
  EACCES: ['it is not permitted', "Repair the folder's permissions, then try again."],
  EPERM: ['it is not permitted', "Repair the folder's permissions, then try again."],
  EROFS: ['it is read-only', 'Make the folder writable, then try again.'],
  EMFILE: ['too many files are open', 'Close some windows, then try again.'],
  ENFILE: ['too many files are open', 'Close some programs, then try again.'],
  EIO: ['the disk reports an error', 'Check the disk, then try again.'],
  EBUSY: ['another program holds it', 'Close what has the folder open, then try again.'],
  ENOENT: ['it is not there', 'Restore the folder, then try again.'],
  EBADF: ['the file was closed', 'Try again.'],
  ENOTDIR: ['a file stands in its place', 'Move that file away, then try again.'],
};

/** The system's code of an error (`ENOSPC`), empty when it has none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether a write failed because there is no room for it: nothing but room helps. */
export function isDiskFull(error: unknown): boolean {
  return FULL.has(systemCode(error));
}

/** What keeps us from writing in `folder`, in words that name it; null when the error is not the file system's. */
export function storageProblem(error: unknown, folder: string): Problem | null {
  const code = systemCode(error);
  const reason = REASONS[code];
  if (!reason) return null;
  return {
    code: 'storage-unwritable',
    message: `Nothing can be saved in ${folder}: ${reason[0]} (${code}).`,
    action: reason[1],
  };
}

export function unreadable(file: string, error: unknown): Problem {
  return {
    code: 'storage-unreadable',
    message: `${file} cannot be read (${systemCode(error) || 'unknown reason'}).`,
    action: 'Check its permissions.',
  };
}

export function unwritable(folder: string, error: unknown): Problem {
  return (
    storageProblem(error, folder) ?? {
      code: 'storage-unwritable',
      message: `What is known about the jobs cannot be saved in ${folder} (${systemCode(error) || 'unknown reason'}).`,
      action: 'Make room or repair its permissions.',
    }
  );
}

export function corrupt(count: number, folder: string): Problem {
  return {
    code: 'record-corrupt',
    message: `What was stored about ${count === 1 ? 'one job' : `${count} jobs`} could not be read and was set aside in ${folder}.`,
    action: 'Refresh the jobs to read them from the provider again.',
  };
}

export function unexpected(error: unknown): Problem {
  return {
    code: 'unexpected',
    message: `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}.`,
    action: 'See the log for details.',
  };
}
