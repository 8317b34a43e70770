import type { Job } from '../../core/training/job.ts';
import type { JobStore } from '../store/store.ts';
import { isOver } from './poller.ts';

/**
 * Waits until a job has ended. Something else has to look at it: a monitor.
 * @param onStep gets the share of its steps that is done, 0…1
 * @returns the job; null when it was removed, or its provider no longer knows it
 * @throws the reason of the signal
 */
export function endOfJob(
  jobs: Pick<JobStore, 'get' | 'onDidChange'>,
  { connectionId, jobId }: { readonly connectionId: string; readonly jobId: string },
  signal: AbortSignal,
  onStep: (fraction: number) => void = () => undefined,
): Promise<Job | null> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const record = jobs.get(connectionId, jobId);
      if (record === undefined || record.gone)
        leave(() => {
          resolve(null);
        });
      else if (isOver(record.job))
        leave(() => {
          resolve(record.job);
        });
    };
    const subscription = jobs.onDidChange((change) => {
      if (change.connectionId !== connectionId || change.jobId !== jobId) return;
      // Newest first.
      const metrics = change.newEvents.find((event) => event.metrics !== null)?.metrics ?? null;
      if (metrics !== null && metrics.totalSteps !== null && metrics.totalSteps > 0)
        onStep(Math.min(1, metrics.step / metrics.totalSteps));
      look();
    });
    const onAbort = (): void => {
      leave(() => {
        reject(reasonOf(signal));
      });
    };
    const leave = (settle: () => void): void => {
      subscription.dispose();
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else look();
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('It was canceled');
}
