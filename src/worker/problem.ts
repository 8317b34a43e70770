import type { Problem } from '../core/base/result.ts';
import { isDiskFull } from '../storage/storageProblem.ts';

/** A failure that a person is told about. */
export class WorkerProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = 'WorkerProblem';
    this.problem = problem;
  }
}

/** Whatever was thrown, as something to say. */
export function toProblem(error: unknown, signal: AbortSignal): Problem {
  if (error instanceof WorkerProblem) return error.problem;
  if (signal.aborted)
    return { code: 'cancelled', message: 'It was cancelled.', action: 'Start it again when you want it.' };
  return {
    code: 'unexpected',
    message: `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}.`,
    action: 'See the log for details.',
  };
}

/** A failure of the file system in words. `name` is what the person knows the file by. */
export function fileProblem(error: unknown, name: string, doing: 'read' | 'write'): WorkerProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const say = (kind: string, message: string, action: string): WorkerProblem =>
    new WorkerProblem({ code: kind, message, action }, { cause: error });
  if (isDiskFull(error)) {
    return say('disk-full', `There is no room left to write ${name}.`, 'Free some space and try again.');
  }
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return doing === 'read'
        ? say('file-not-found', `The file ${name} does not exist (any more).`, 'Choose another file.')
        : say('folder-not-found', `The folder of ${name} does not exist (any more).`, 'Choose another place.');
    case 'EISDIR':
      return say('is-a-folder', `${name} is a folder, not a file.`, 'Choose a .jsonl file.');
    case 'EACCES':
    case 'EPERM':
      return doing === 'read'
        ? say(
            'no-permission',
            `The file ${name} may not be read.`,
            'Give yourself the right to read it, or choose another file.',
          )
        : say(
            'no-permission',
            `${name} may not be written.`,
            'Give yourself the right to write there, or choose another place.',
          );
    case 'EROFS':
      return say('no-permission', `${name} is on a read-only disk.`, 'Choose another place.');
    default:
      return say(
        doing === 'read' ? 'cannot-read' : 'cannot-write',
        `The file ${name} cannot be ${doing === 'read' ? 'read' : 'written'}${code === '' ? '' : ` (${code})`}.`,
        'Check the file and try again.',
      );
  }
}
