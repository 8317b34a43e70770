import { isProviderFailure } from '../../core/provider/failure.ts';
import type { Job } from '../../core/training/job.ts';
import { sleep } from './sleep.ts';
import { INTENT_KEY, type StartJobDeps } from './startContract.ts';

const RECONCILE_DELAYS_MS = [0, 2000, 5000, 15_000, 60_000];
/** Limit of pages of jobs when the provider ignores the metadata filter. */
const MAX_JOB_PAGES = 5;

/** Features by which a job of an intent is recognized. */
export interface JobMark {
  readonly intentId: string;
  readonly trainingFile: string;
  /** The file was uploaded for this intent only: it then identifies the job where metadata is not kept. */
  readonly ownFile: boolean;
}

/**
 * Looks for the jobs of an intent whose answer was lost: at once and again after 2, 5, 15 and 60 s, because lists may lag. Returns them
 * oldest first; empty when none was found, which does not prove that there is none.
 */
export async function reconcile(
  mark: JobMark,
  deps: Pick<StartJobDeps, 'provider' | 'sleep' | 'onProgress' | 'reconcileDelaysMs'>,
): Promise<readonly Job[]> {
  const delays = deps.reconcileDelaysMs ?? RECONCILE_DELAYS_MS;
  for (const [index, wait] of delays.entries()) {
    deps.onProgress?.({ stage: 'reconciling', fraction: index / delays.length });
    // Without the signal: whether money is being spent has to be found out.
    await sleep(deps.sleep ? { sleep: deps.sleep } : {}, wait);
    const found = await findJobs(mark, deps.provider);
    if (found.length > 0) return [...found].sort((a, b) => a.createdAt - b.createdAt);
  }
  return [];
}

/** Finds jobs by metadata; providers that ignore the filter answer with all jobs, so each is checked, and the intent's own file is a second key. */
async function findJobs(mark: JobMark, provider: StartJobDeps['provider']): Promise<readonly Job[]> {
  const isOurs = (job: Job): boolean => {
    const intent = job.metadata[INTENT_KEY];
    return intent === undefined ? mark.ownFile && job.trainingFile === mark.trainingFile : intent === mark.intentId;
  };
  try {
    const { jobs } = await provider.listJobs({ metadata: { [INTENT_KEY]: mark.intentId } });
    const found = jobs.filter(isOurs);
    if (found.length > 0) return found;
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
    // The provider may refuse the filter only.
  }
  try {
    let after: string | undefined;
    for (let count = 0; count < MAX_JOB_PAGES; count++) {
      const page = await provider.listJobs(after === undefined ? {} : { after });
      const found = page.jobs.filter(isOurs);
      if (found.length > 0 || page.next === null || page.next === after) return found;
      after = page.next;
    }
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
  }
  return [];
}
