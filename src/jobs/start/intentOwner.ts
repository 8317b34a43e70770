import { t } from '../../core/base/messages.ts';
import { problemOf } from '../../core/provider/failure.ts';
import { fail, type Problem, type Result } from '../../core/base/result.ts';
import { IntentJournal, intentLease, intentsFolder } from './intentJournal.ts';
import { BEAT_MS, Candidate, type Lease } from '../../storage/lease.ts';
import type { StartedJob, StartJobDeps } from './startContract.ts';
import { storageProblem } from '../../storage/storageProblem.ts';
import { updateUnfinished } from './unfinished.ts';

/** Silence of a living owner after which another process may continue its start. */
export const START_SILENT_MS = 60_000;

/** Start that this process, and no other, continues. */
export interface Saga {
  readonly journal: IntentJournal;
  readonly lease: Lease;
  /** The request for the job was sent, so canceling comes too late. */
  posted: boolean;
}

/** Runs `work` as the only owner of the intent; turns an error into a reason and, where nothing was posted, an abort into a canceled start. */
export async function withIntent(
  intentId: string,
  deps: StartJobDeps,
  work: (saga: Saga) => Promise<Result<StartedJob>>,
): Promise<Result<StartedJob>> {
  const folder = intentsFolder(deps.folder);
  let saga: Saga | null = null;
  let beat: NodeJS.Timeout | undefined;
  try {
    const lease = await new Candidate(intentLease(folder, intentId), { silentMs: START_SILENT_MS }).tryAcquire();
    if (!lease) return fail(elsewhere());
    saga = { journal: await IntentJournal.open(folder, intentId, { lease }), lease, posted: false };
    beat = setInterval(() => void lease.beat().catch(() => false), BEAT_MS);
    beat.unref();
    return await work(saga);
  } catch (error) {
    if (deps.signal?.aborted === true && saga?.posted === false) {
      await saga.journal.append({ fact: 'cancelled' });
      await forgetStart(deps.folder, intentId);
      return fail({
        code: 'cancelled',
        message: t('The start was canceled before a job was created.'),
        action: t('Start again when you want to.'),
      });
    }
    return fail(storageProblem(error, deps.folder) ?? problemOf(error));
  } finally {
    clearInterval(beat);
    await saga?.journal.close().catch(() => undefined);
    await saga?.lease.release();
  }
}

/** Removes the start from the list that is read after activation. */
export async function forgetStart(folder: string, intentId: string): Promise<void> {
  await updateUnfinished(folder, ({ connections, starts }) => ({
    connections,
    starts: starts.filter((id) => id !== intentId),
  }));
}

export function elsewhere(): Problem {
  return {
    code: 'start-elsewhere',
    message: t('This start is in progress in another window.'),
    action: t('Follow it there, or wait a minute and try again.'),
  };
}
