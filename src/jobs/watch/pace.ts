/** Milliseconds between rounds. */
export interface Pace {
  /** After a poke, while a job is under way; the pause grows from here (× 1.5 a round). */
  readonly fast: number;
  /** Where the pause grows to. */
  readonly slow: number;
  /** At least this long between questions about a job that nobody looks at. */
  readonly hidden: number;
  /** After failures the pause doubles up to this. */
  readonly failing: number;
  /** How often the list of jobs is read, for those started elsewhere and for all statuses at once. */
  readonly list: number;
  /** Requests an hour and job, never exceeded by what happens by itself; null: nobody pays for a request. */
  readonly budget: { readonly visible: number; readonly hidden: number } | null;
}

/** This machine: a request costs nothing and a job lasts seconds. What came is followed at once. */
export const LOOPBACK_PACE: Pace = {
  fast: 350,
  slow: 1000,
  hidden: 2000,
  failing: 5000,
  list: 2000,
  budget: null,
};

/**
 * A provider: jobs last minutes to hours. A job that is looked at: events every 25 s (144 an hour) and the list every 72 s (50); one
 * that is not: its status every 80 s (45). The rest of the budget is for what came all at once.
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
/** A sixth of an hour's requests may come at once; with the other five sixths spread over the hour, no hour has more than all. */
const BURST = 1 / 6;

interface Bucket {
  tokens: number;
  at: number;
}

/** Requests left for each job. */
export class PollBudget {
  readonly #limits: Pace['budget'];
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: Pace['budget'], now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether one more request may be made about this job now; if so it is counted. `share`: below 1 after a provider asked to slow down. */
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
