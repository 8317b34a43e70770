/** Milliseconds between rounds. */
export interface Pace {
  /** First pause after a poke, while a job is in progress; it grows by × 1.5 per round. */
  readonly fast: number;
  /** Longest pause. */
  readonly slow: number;
  /** Shortest pause between requests about a job that no window shows. */
  readonly hidden: number;
  /** Longest pause after failures, which double it. */
  readonly failing: number;
  /** Interval of reading the list of jobs, for those started elsewhere and for all statuses at once. */
  readonly list: number;
  /** Requests per hour and job, never exceeded by automatic polling; null: requests cost nothing. */
  readonly budget: { readonly visible: number; readonly hidden: number } | null;
}

/** Pace for this machine: a request costs nothing and a job lasts seconds. After news the next request follows at once. */
export const LOOPBACK_PACE: Pace = {
  fast: 350,
  slow: 1000,
  hidden: 2000,
  failing: 5000,
  list: 2000,
  budget: null,
};

/**
 * Pace for a provider, where jobs last minutes to hours. A shown job: events every 25 s (144 an hour) and the list every 72 s (50); a
 * hidden one: its status every 80 s (45). The rest of the budget is for bursts.
 */
export const REMOTE_PACE: Pace = {
  fast: 3000,
  slow: 25_000,
  hidden: 80_000,
  failing: 300_000,
  list: 72_000,
  budget: { visible: 240, hidden: 60 },
};

const HOUR_MS = 3_600_000;
/** Share of an hour's requests that may come at once; with the other five sixths spread over the hour, no hour has more than all. */
const BURST = 1 / 6;

interface Bucket {
  tokens: number;
  at: number;
}

/** Budget of requests for each job. */
export class PollBudget {
  readonly #limits: Pace['budget'];
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: Pace['budget'], now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Tells whether one more request about this job is allowed now, and counts it. `share`: below 1 after a provider asked to slow down. */
  take(jobId: string, visible: boolean, share = 1): boolean {
    if (!this.#limits) return true;
    const limit = (visible ? this.#limits.visible : this.#limits.hidden) * share;
    const capacity = limit * BURST;
    const now = this.#now();
    const before = this.#buckets.get(jobId);
    const gained = before ? ((now - before.at) / HOUR_MS) * limit * (1 - BURST) : 0;
    const tokens = Math.min(capacity, before ? before.tokens + gained : capacity);
    const allowed = tokens >= 1;
    this.#buckets.set(jobId, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  }

  forget(jobId: string): void {
    this.#buckets.delete(jobId);
  }
}
