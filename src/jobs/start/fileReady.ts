import { t } from '../../core/base/messages.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { fail, ok, type Problem, type Result } from '../../core/base/result.ts';
import type { FileRole } from './intentJournal.ts';
import { sleep } from './sleep.ts';
import type { StartJobDeps } from './startContract.ts';

/** Waits in ms between two looks at a file that the provider processes: ten minutes together. */
const LOOK_DELAYS_MS: readonly number[] = [1000, 2000, 5000, ...Array.from({ length: 59 }, () => 10_000)];
/** Looks at a file whose status does not say that it will change: some providers leave it at `uploaded` for good. */
const UNSURE_LOOKS = 3;

export type Readiness = 'ready' | 'processing' | 'unsure' | 'refused';

/** Meaning of a file's status; providers that have none send no status. Azure: `pending`, `running`, `processed`, `error`. */
export function readinessOf(status: string | null): Readiness {
  if (status === null || /^(?:processed|ready|succeeded|success|completed?|available|active|ok)$/i.test(status))
    return 'ready';
  if (/error|fail|delet|expired|cancel/i.test(status)) return 'refused';
  return /pending|running|process|queued|progress|not.?(?:running|started|ready)|uploading|import|validat/i.test(status)
    ? 'processing'
    : 'unsure';
}

export interface WaitingFile {
  readonly role: FileRole;
  readonly id: string;
  readonly filename: string;
  /** Status in the answer to the upload. */
  readonly status: string | null;
}

/**
 * Looks at an uploaded file until the provider has processed it, ten minutes at most; nothing was asked for yet, so a process may die
 * here at any time. Fails when the provider refuses the file, or is not done with it by then.
 */
export async function untilReady(file: WaitingFile, deps: StartJobDeps): Promise<Result<true>> {
  let { status } = file;
  for (const [look, wait] of LOOK_DELAYS_MS.entries()) {
    const readiness = readinessOf(status);
    if (readiness === 'refused') return fail(fileRefused(file.filename, status ?? ''));
    if (readiness === 'ready' || (readiness === 'unsure' && look >= UNSURE_LOOKS)) return ok(true);
    deps.onProgress?.({ stage: 'processing', fraction: look / LOOK_DELAYS_MS.length });
    deps.failpoint?.(`waiting ${file.role}`);
    await sleep(deps, wait);
    status = await statusNow(file.id, status, deps);
  }
  if (readinessOf(status) === 'refused') return fail(fileRefused(file.filename, status ?? ''));
  if (readinessOf(status) !== 'processing') return ok(true);
  return fail({
    code: 'file-not-ready',
    message: t('The provider is still processing the file {0}, so no job was requested.', file.filename),
    action: t('Start again in a few minutes: the uploaded file is used.'),
  });
}

/** Tells, after a refused request for a job, whether the provider is still busy with one of its files. */
export async function isAnyUnready(fileIds: readonly string[], deps: StartJobDeps): Promise<boolean> {
  for (const id of fileIds) {
    const readiness = readinessOf(await statusNow(id, null, deps));
    if (readiness === 'processing' || readiness === 'unsure') return true;
  }
  return false;
}

export function fileRefused(filename: string, status: string): Problem {
  return {
    code: 'file-refused',
    message: t(
      'The provider accepted the file {0} but could not process it (status {1}); it gave no reason.',
      filename,
      status,
    ),
    action: t('Check the dataset for problems and look at the file at the provider, then start again.'),
  };
}

/** Status of a file; the last one when there is no answer, null where the provider does not show files. */
async function statusNow(id: string, last: string | null, deps: StartJobDeps): Promise<string | null> {
  try {
    return (await deps.provider.retrieveFile(id, deps.signal ? { signal: deps.signal } : {})).status;
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (!isProviderFailure(error)) throw error;
    return error.outcome === 'refused' && error.advice !== 'later' ? null : last;
  }
}
