import { t } from '../../../core/base/messages.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';

const JOBS_A_PAGE = 100;
/** Most pages without a new job that are skipped in one go. */
const MAX_PAGES = 20;

/** How far back the list of each connection goes: as far as the user asked for. */
export class OlderJobs {
  readonly #services: Pick<Services, 'jobs' | 'providers' | 'ui'>;
  readonly #limits = new Map<string, number>();
  /** Cursor of the next page of the provider's list; null: its end was seen. */
  readonly #cursors = new Map<string, string | null>();

  constructor(services: Pick<Services, 'jobs' | 'providers' | 'ui'>) {
    this.#services = services;
  }

  limit(connectionId: string): number {
    return this.#limits.get(connectionId) ?? JOBS_A_PAGE;
  }

  /** Whether the provider may have jobs that were never read; a short list is complete. */
  mayHaveMore(connectionId: string): boolean {
    const cursor = this.#cursors.get(connectionId);
    if (cursor !== undefined) return cursor !== null;
    // The monitor reads the newest page, 20 jobs at most providers: fewer than that are all of them.
    return this.#services.jobs.list(connectionId).filter(({ gone }) => !gone).length >= 20;
  }

  /** @param shown number of jobs that the filter lets through now */
  async loadMore(connectionId: string, shown: number): Promise<void> {
    const limit = this.limit(connectionId);
    this.#limits.set(connectionId, Math.max(limit, Math.min(limit, shown) + JOBS_A_PAGE));
    if (shown > limit || !this.mayHaveMore(connectionId)) return;
    requireTrust();
    const connection = await this.#services.providers.connection(connectionId);
    try {
      await withCancel(this.#services.ui, t('Loading older jobs from {0}…', connection.name), (signal) =>
        this.#read(connectionId, signal),
      );
    } catch (error) {
      throw withRemedy(error, connection);
    }
  }

  /** Reads pages until one contains a new job. */
  async #read(connectionId: string, signal: AbortSignal): Promise<void> {
    const { jobs, providers } = this.#services;
    const provider = await providers.get(connectionId);
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const after = this.#cursors.get(connectionId);
      const page = await provider.listJobs(
        { limit: JOBS_A_PAGE, ...(typeof after === 'string' ? { after } : {}) },
        { signal },
      );
      this.#cursors.set(connectionId, page.next === after ? null : page.next);
      let brought = false;
      for (const job of page.jobs) {
        if (jobs.get(connectionId, job.id)) continue;
        brought = true;
        // A past job: no notification about its end.
        jobs.update(connectionId, job.id, { job, local: { notified: true } });
      }
      if (brought || page.next === null || page.next === after) return;
    }
  }
}
