import { problemOf } from '../../core/provider/failure.ts';
import { fail, type Problem, type Result } from '../../core/base/result.ts';
import { IntentJournal, intentLease, intentsFolder } from './intentJournal.ts';
import { BEAT_MS, Candidate, type Lease } from '../../storage/lease.ts';
import type { StartedJob, StartJobDeps } from './startContract.ts';
import { storageProblem } from '../../storage/storageProblem.ts';
import { updateUnfinished } from './unfinished.ts';

/** Another process goes on with a start only when its owner is dead or was silent for so long. */
export const START_SILENT_MS = 60_000;

/** A start that this process, and no other, goes on with. */
export interface Saga {
  readonly journal: IntentJournal;
  readonly lease: Lease;
  /** The request for the job was sent, so cancelling comes too late. */
  posted: boolean;
}

/** Runs `work` as the only owner of the intent; turns what was thrown into a reason and, where nothing was posted, a cancelled start. */
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
        message: 'The start was cancelled before a job was created.',
        action: 'Start again when you want to.',
      });
    }
    return fail(storageProblem(error, deps.folder) ?? problemOf(error));
  } finally {
    clearInterval(beat);
    await saga?.journal.close().catch(() => undefined);
    await saga?.lease.release();
  }
}

/** Off the list that is read after start-up. */
export async function forgetStart(folder: string, intentId: string): Promise<void> {
  await updateUnfinished(folder, ({ connections, starts }) => ({
    connections,
    starts: starts.filter((id) => id !== intentId),
  }));
}

export function elsewhere(): Problem {
  return {
    code: 'start-elsewhere',
    message: 'This start is under way in another window.',
    action: 'Look at it there, or wait a minute and try again.',
  };
}
