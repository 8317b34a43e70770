import { t, tn } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';

/** Message and action by the system's code. */
function wordsFor(code: string, folder: string): readonly [string, string] | null {
  switch (code) {
    case 'ENOSPC':
      return [t('Nothing can be saved in {0}: the disk is full ({1}).', folder, code), makeRoom()];
    case 'EDQUOT':
      return [t('Nothing can be saved in {0}: the disk quota is used up ({1}).', folder, code), makeRoom()];
    case 'EFBIG':
      return [t('Nothing can be saved in {0}: the file is too large for the disk ({1}).', folder, code), makeRoom()];
    case 'EACCES':
    case 'EPERM':
      return [
        t('Nothing can be saved in {0}: it is not permitted ({1}).', folder, code),
        t("Repair the folder's permissions, then try again."),
      ];
    case 'EROFS':
      return [
        t('Nothing can be saved in {0}: it is read-only ({1}).', folder, code),
        t('Make the folder writable, then try again.'),
      ];
    case 'EMFILE':
      return [tooManyOpen(folder, code), t('Close some windows, then try again.')];
    case 'ENFILE':
      return [tooManyOpen(folder, code), t('Close some programs, then try again.')];
    case 'EIO':
      return [
        t('Nothing can be saved in {0}: the disk reports an error ({1}).', folder, code),
        t('Check the disk, then try again.'),
      ];
    case 'EBUSY':
      return [
        t('Nothing can be saved in {0}: another program has it open ({1}).', folder, code),
        t('Close the program that has the folder open, then try again.'),
      ];
    case 'ENOENT':
      return [
        t('Nothing can be saved in {0}: it does not exist ({1}).', folder, code),
        t('Restore the folder, then try again.'),
      ];
    case 'EBADF':
      return [t('Nothing can be saved in {0}: the file was closed ({1}).', folder, code), t('Try again.')];
    case 'ENOTDIR':
      return [
        t('Nothing can be saved in {0}: a file is in its place ({1}).', folder, code),
        t('Move that file away, then try again.'),
      ];
    default:
      return null;
  }
}

function makeRoom(): string {
  return t('Make room, then try again.');
}

function tooManyOpen(folder: string, code: string): string {
  return t('Nothing can be saved in {0}: too many files are open ({1}).', folder, code);
}

/** Returns the system's code of an error (`ENOSPC`), empty when it has none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Returns the system's code of an error for a message, or words that say that there is none. */
export function reasonOf(error: unknown): string {
  return systemCode(error) || t('unknown reason');
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Tells whether a write failed because there is no room for it: nothing but room helps. */
export function isDiskFull(error: unknown): boolean {
  return FULL.has(systemCode(error));
}

/** Describes why nothing can be written in `folder`; null when the error is not the file system's. */
export function storageProblem(error: unknown, folder: string): Problem | null {
  const code = systemCode(error);
  const words = wordsFor(code, folder);
  if (!words) return null;
  const [message, action] = words;
  return { code: 'storage-unwritable', message, action };
}

export function unreadable(file: string, error: unknown): Problem {
  return {
    code: 'storage-unreadable',
    message: t('{0} cannot be read ({1}).', file, reasonOf(error)),
    action: t('Check its permissions.'),
  };
}

export function unwritable(folder: string, error: unknown): Problem {
  return (
    storageProblem(error, folder) ?? {
      code: 'storage-unwritable',
      message: t('The data of the jobs cannot be saved in {0} ({1}).', folder, reasonOf(error)),
      action: t('Make room or repair its permissions.'),
    }
  );
}

export function corrupt(count: number, folder: string): Problem {
  return {
    code: 'record-corrupt',
    message: tn(
      count,
      'The stored data of {0} job could not be read and was set aside in {1}.',
      'The stored data of {0} jobs could not be read and was set aside in {1}.',
      folder,
    ),
    action: t('Refresh the jobs to read them from the provider again.'),
  };
}

export function unexpected(error: unknown): Problem {
  return {
    code: 'unexpected',
    message: t('Something unexpected went wrong: {0}.', error instanceof Error ? error.message : String(error)),
    action: t('See the log for details.'),
  };
}
