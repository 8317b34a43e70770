import { t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import { isDiskFull } from '../storage/storageProblem.ts';

/** Failure that is shown to the user. */
export class WorkerProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = 'WorkerProblem';
    this.problem = problem;
  }
}

/** Turns any thrown value into a problem for the user. */
export function toProblem(error: unknown, signal: AbortSignal): Problem {
  if (error instanceof WorkerProblem) return error.problem;
  if (signal.aborted)
    return {
      code: 'cancelled',
      message: t('The operation was canceled.'),
      action: t('Start it again when you want to.'),
    };
  return {
    code: 'unexpected',
    message: t('Something unexpected went wrong: {0}.', error instanceof Error ? error.message : String(error)),
    action: t('See the log for details.'),
  };
}

/** Turns a failure of the file system into a problem. `name` is the file name that the user knows. */
export function fileProblem(error: unknown, name: string, doing: 'read' | 'write'): WorkerProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const say = (kind: string, message: string, action: string): WorkerProblem =>
    new WorkerProblem({ code: kind, message, action }, { cause: error });
  if (isDiskFull(error)) {
    return say('disk-full', t('There is no space left to write {0}.', name), t('Free some space and try again.'));
  }
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return doing === 'read'
        ? say('file-not-found', t('The file {0} does not exist.', name), t('Choose another file.'))
        : say('folder-not-found', t('The folder of {0} does not exist.', name), t('Choose another folder.'));
    case 'EISDIR':
      return say('is-a-folder', t('{0} is a folder, not a file.', name), t('Choose a .jsonl file.'));
    case 'EACCES':
    case 'EPERM':
      return doing === 'read'
        ? say(
            'no-permission',
            t('You do not have permission to read {0}.', name),
            t('Change the permissions of the file, or choose another file.'),
          )
        : say(
            'no-permission',
            t('You do not have permission to write {0}.', name),
            t('Change the permissions of the folder, or choose another folder.'),
          );
    case 'EROFS':
      return say('no-permission', t('{0} is on a read-only disk.', name), t('Choose another folder.'));
    default: {
      const action = t('Check the file and try again.');
      if (doing === 'read')
        return say(
          'cannot-read',
          code === '' ? t('{0} cannot be read.', name) : t('{0} cannot be read ({1}).', name, code),
          action,
        );
      return say(
        'cannot-write',
        code === '' ? t('{0} cannot be written.', name) : t('{0} cannot be written ({1}).', name, code),
        action,
      );
    }
  }
}
